"""Files of other programs: importers make stories of them, exporters make them of plans."""
