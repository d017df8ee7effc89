"""The verbs: public functions in which names such as `cifar10` become objects, and the parts are put together."""
