"""The use cases, each a page long. They put the stages in sequence and speak to ports."""
