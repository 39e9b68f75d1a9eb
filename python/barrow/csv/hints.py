"""How hints name options."""


def option(name: str, value: str) -> str:
    """An option as it is written in Python and on the command line."""
    return f'{name}="{value}" (--{name.replace("_", "-")} {value})'
