"""Training the reading model. Nothing here is imported when questions are answered."""
