"""The verbs: public functions that turn names into objects and put the parts together."""
