"""From text to sections: the stretches that belong together."""
