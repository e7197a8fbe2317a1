"""What this process does, as spans for a collector of OpenTelemetry: only where one is named."""
