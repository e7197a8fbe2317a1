"""Things that a text names: hosts, addresses, users, paths, versions, errors, and what the settings add.

Three RE2 alternations find candidates (``patterns``), plain functions decide what each names (``classify`` and the
modules beside it), a scanner puts the two together and remembers answers (``scan``), and a collector counts what the
chunks of a content name (``collect``). All of it works on redacted text, where a secret is a fingerprint: they
are read over, so that of a secret only its name can become an entity (``credential_ref``).
"""
