"""From a root on the disk to what differs from the catalog: scanned, kept in view, left alone while it is away."""
