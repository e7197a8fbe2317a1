"""Questions about structure: JSONPath and XPath over the corpus, schemas and how they drift."""
