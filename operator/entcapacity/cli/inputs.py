"""What a command is given: the platform meant, in files or in the cluster, and what is wrong with it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NoReturn

import click

from entcapacity.cli import connection, options

if TYPE_CHECKING:
    from entcapacity.facts import Facts
    from entcapacity.files import FileProblem, Files
    from entcapacity.kube import Kube
    from entcapacity.platforms import Platform
    from entcapacity.reasons import Reason
    from entcapacity.spec import ENTCapacity

FILES_ARE_WRONG: Final = 1


def loaded(names: Sequence[str]) -> Files:
    """What stands in files; errors in them are told, all of them, and end the command."""
    (found,) = each_loaded(names)
    return found


def each_loaded(*sets: Sequence[str]) -> list[Files]:
    """The same for several sets of files; an error in a file that two of them name is told once."""
    from entcapacity.files import load

    found = [load(names) for names in sets]
    problems = list(dict.fromkeys(each for files in found for each in files.problems))
    if problems:
        refuse(problems)
    return found


def refuse(problems: Sequence[FileProblem]) -> NoReturn:
    """Ends the command, for what is wrong in files."""
    complain(problems)
    sys.exit(FILES_ARE_WRONG)


def complain(problems: Sequence[FileProblem]) -> None:
    """Says what is wrong in files, each in a line."""
    for each in problems:
        click.echo(f"Error: {each}", err=True)


def fail(message: str) -> NoReturn:
    """Ends the command with one line."""
    click.echo(f"Error: {message}", err=True)
    sys.exit(FILES_ARE_WRONG)


def capacity_of(found: Files, name: str | None) -> ENTCapacity:
    """The ENTCapacity meant in files; ends the command where there is none, or more than one."""
    from entcapacity.files import one_capacity

    for file in found.without_zone():
        fail(f"{file}: names no zone: put it into a ConfigMap, which a SchoolCalendar names in fromConfigMap")
    try:
        return one_capacity(found, name)
    except ValueError as error:
        fail(str(error))


def facts_in(found: Files) -> Facts:
    """What files say, besides the spec; no floors in effect."""
    from entcapacity.facts import Facts

    return Facts(found.school_days(), found.announcements)


def meant(
    files: Sequence[str], platform: str | None, name: str | None, where: connection.Where, language: str
) -> tuple[ENTCapacity, Facts]:
    """The platform meant, in files or, where none are given, in the cluster, and what is known besides its spec."""
    if platform is not None and name is not None:
        raise options.wrong("--name", f"goes without {platform!r}: name one ENTCapacity")
    if files:
        for option, value in (("--context", where.context), ("--namespace", where.namespace)):
            if value is not None:
                raise options.wrong(option, "goes without -f: files need no cluster")
        found = loaded(files)
        return capacity_of(found, platform or name), facts_in(found)

    async def read(kube: Kube, namespace: str) -> Platform:
        from entcapacity.platforms import Platforms

        return await Platforms(kube, where.home).one(namespace, platform or name)

    there = connection.asked(read, where.context, where.namespace, ", or give files with -f")
    note(there.found, language)
    return there.capacity, there.facts


def note(found: Sequence[Reason], language: str) -> None:
    """Says beside the answer what it does not know."""
    from entcapacity.reasons import reason

    for each in found:
        click.echo(reason("Note", what=each).text(language), err=True)
