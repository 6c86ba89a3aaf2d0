"""Results of others taken in, and ours handed on: one module a format, and between them records that know none."""
