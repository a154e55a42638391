"""Cases and an assistant in, a report out."""
