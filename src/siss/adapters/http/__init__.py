"""What is sent to others over HTTP: webhooks."""
