"""How hints name options."""


def option(name: str, value: str | int) -> str:
    """An option as it is written in Python and on the command line."""
    given = f'"{value}"' if isinstance(value, str) else value
    return f"{name}={given} (--{name.replace('_', '-')} {value})"
