"""Who may ask: the text of keys, and how often they may be used or tried."""
