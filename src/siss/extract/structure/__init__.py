"""Fields and shapes: where things stand in structured text, and what stands there.

Each extractor takes windows in order, keeps a bounded tree of paths (``siss.extract.structure.tree``) and gives a
``Structure`` at the end.
"""
