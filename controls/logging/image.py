"""Images of containers that log outputs, as the configuration declares them."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from collector.model.control import Parameters


def logs(images: Iterable[str], parameters: Parameters) -> bool:
    """Tell whether any image is one that logs."""
    return any(fnmatchcase(image, pattern) for image in images for pattern in parameters["logging_images"])
