"""From chunks to engine documents: the analyser and the documents."""
