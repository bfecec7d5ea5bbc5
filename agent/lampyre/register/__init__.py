"""The register: what leaves a node, why, about whom, how fine and for how long; a town's page (GDPR, article 30)."""
