"""What people and services keep beside the index: labels, keys, the audit log, events, jobs, webhooks."""
