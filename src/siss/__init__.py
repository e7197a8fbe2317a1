"""SISS makes a folder full of logs, configs and exports searchable.

The folder list is the data's path: ``discover`` finds files, ``detect`` tells what they are, ``parse`` finds
their sections, ``chunk`` cuts what is searched, ``index`` prepares documents, ``search`` answers. ``app`` puts
the stages in sequence, ``adapters`` stand behind ``ports``. See ARCHITECTURE.md.
"""

__version__ = "0.1.0"
