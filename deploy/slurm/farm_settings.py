"""What weft-slurm's file says: the farm, the classes of workers, and the token that it names."""

import configparser
import dataclasses
import os

SIZES = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3, "T": 1000**4}


class Wrong(Exception):
    """What the file or the command line says cannot be."""


@dataclasses.dataclass
class Farm:
    """The section [weft]."""

    api: str = "http://127.0.0.1:7780"
    token_file: str = ""  # Its first line is sent as a bearer token; empty: none is.
    every: float = 15  # Seconds from one look to the next.
    cool_down: float = 300  # Seconds.
    failures: int = 3  # So many failed elements in Slurm's memory stop the growth of a class.
    script: str = os.path.join(os.path.dirname(os.path.realpath(__file__)), "weft-worker.sbatch")

    def token(self):
        """Empty: no file is named."""
        if not self.token_file:
            return ""
        try:
            with open(self.token_file, "rb") as file:
                line = file.readline().strip()
        except OSError as error:
            raise Wrong(f"[weft] token-file: {self.token_file}: {error.strerror}") from None
        if not line:
            raise Wrong(f"[weft] token-file: {self.token_file}: its first line is empty")
        # Else a header could not carry it; what says so would show it.
        if not all(0x21 <= letter <= 0x7E for letter in line):
            raise Wrong(
                f"[weft] token-file: {self.token_file}: its first line is no token, which has"
                " letters, digits and signs of ASCII alone"
            )
        return line.decode("ascii")


@dataclasses.dataclass
class Class:
    """Workers that are alike: any other section."""

    name: str
    max: int
    min: int = 0
    device: str = "cpu"  # What these workers offer: "cpu" or "cuda", …
    device_memory: str = ""  # … as much memory, as in "24G"; not said: enough …
    tags: str = ""  # … and what jobs can ask for.
    partition: str = ""
    account: str = ""
    gres: str = ""
    sbatch: str = ""  # Further options of sbatch.
    worker: str = ""  # Options of weft-worker.

    @property
    def job_name(self):
        return "weft-" + self.name

    def offers(self, device, memory, tags):
        return (
            device in ("any", self.device)
            and memory <= (bytes_of(self.device_memory) or memory)
            and set(tags) <= set(self.tags.split())
        )


def bytes_of(text):
    """Of "24G"; 0 of nothing."""
    if not text:
        return 0
    digits = text.rstrip("KMGTkmgtBb")
    unit = text[len(digits) :].upper().rstrip("B")
    if not digits.isdigit() or unit not in SIZES:
        raise Wrong(f"'{text}' is no size; say 24G")
    return int(digits) * SIZES[unit]


def fields_of(kind, section, given):
    """The fields of a section, of the types that `kind` has."""
    types = {field.name.replace("_", "-"): field for field in dataclasses.fields(kind)}
    types.pop("name", None)
    values = {}
    for key, text in given.items():
        if key not in types:
            raise Wrong(f"[{section}] {key}: there is no such field; there are {', '.join(types)}")
        field = types[key]
        try:
            values[field.name] = field.type(text)
        except ValueError:
            raise Wrong(f"[{section}] {key}: '{text}' is no number") from None
    return values


def read_settings(file, changes):
    """The farm and its classes, as they stand in `file`, changed by "CLASS.FIELD=VALUE"s."""
    parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=("#",))
    try:
        parser.read_file(file)
        for change in changes:
            place, equals, value = change.partition("=")
            section, dot, field = place.partition(".")
            if not (equals and dot):
                raise Wrong(f"--set {change}: say CLASS.FIELD=VALUE")
            parser.set(section, field, value)
    except configparser.Error as error:
        raise Wrong(" ".join(str(error).split())) from None
    sections = {name: dict(parser.items(name)) for name in parser.sections()}
    farm = Farm(**fields_of(Farm, "weft", sections.pop("weft", {})))
    classes = []
    for name, given in sections.items():
        if "max" not in given:
            raise Wrong(f"[{name}] lacks max")
        one = Class(name=name, **fields_of(Class, name, given))
        bytes_of(one.device_memory)
        if not 0 <= one.min <= one.max:
            raise Wrong(f"[{name}] min and max: 0 <= min <= max")
        classes.append(one)
    if not classes:
        raise Wrong("no class of workers; name one, as in [cpu]")
    if farm.every <= 0 or farm.cool_down < 0 or farm.failures < 1:
        raise Wrong("[weft] every and failures are above 0, cool-down is not below")
    return farm, classes
