"""A site in, Asterisk's configuration files out, as text; reads only this package's own templates, writes nothing.

Every value that a template prints is escaped as a configuration value unless the template names another place (`|arg`,
`|exten`, `|section`, `|url`, `|path`); an unknown name in a template is an error (strict undefined).
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import SecretStr

from dialplan import escape
from dialplan.cdr import COLUMNS
from dialplan.settings import Site

_SUFFIX = ".j2"


def render_all(site: Site) -> dict[Path, str]:
    """Every file of the site's Asterisk: absolute path (in `site.folders.etc`) to its whole text.

    Raises:
        escape.Unwritable: a value of the site has no safe spelling where it is wanted.
    """
    environment = _environment()
    return {
        site.folders.etc / name.removesuffix(_SUFFIX): environment.get_template(name).render(
            site=site, settings=site.settings, folders=site.folders, ports=site.ports, cdr_columns=COLUMNS
        )
        for name in environment.list_templates(filter_func=lambda name: name.endswith(".conf" + _SUFFIX))
    }


def _environment() -> Environment:
    environment = Environment(  # noqa: S701 -- not HTML: `finalize` escapes every value for Asterisk's own syntax
        loader=PackageLoader("dialplan"),
        undefined=StrictUndefined,
        finalize=_finalize,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        arg=escape.dialplan_argument,
        exten=escape.extension,
        section=escape.section,
        url=escape.url_part,
        path=escape.included_path,
        secret=_told,
    )
    return environment


def _finalize(value: object) -> str:
    return escape.config_value(value)


def _told(secret: SecretStr) -> str:
    return secret.get_secret_value()
