"""The document: what passes between a node and its city, as AsyncAPI 3.0 and as a page; no running node loads it."""
