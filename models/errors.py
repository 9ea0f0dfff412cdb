"""What can be wrong with a model file. Each message says what, where, and what to do."""


class ModelError(Exception):
    """A model cannot be used. A technician must act; the message says how."""


class ModelMissing(ModelError):
    """It is not installed, or was made from another source than this version of the software wants."""


class ModelAltered(ModelError):
    """What lies on the shelf is not what was put there. It is never run."""


ADVICE = "run: edge-agent models install"
