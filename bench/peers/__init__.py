"""What the product is measured beside: Recoll, bare Tantivy, and what the machine can do at all."""
