"""From rows to answers: the catalog, texts, what files name, structures, relationships, anomalies."""
