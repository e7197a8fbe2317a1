"""Values as JSON: the one place that knows the shapes of answers. REST and the command line both go through it.

Dictionaries and orjson, not validated models, because a search must cost little; ``siss.api.models`` describes the
same shapes for OpenAPI, a module for each of these, and a test holds the two together.
"""
