"""The five source documents, as given. Their bytes are never edited; `sources.toml` describes them."""
