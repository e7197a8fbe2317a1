"""What is drawn from text while it is read; redaction stands here."""
