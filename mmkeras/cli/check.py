"""`mmkeras check`."""

import typer

from mmkeras.cli import options


def run(data: options.Data, folder: options.Folder = None):
    """Check a data set; name everything missing, corrupt or mismatched."""
    from rich.console import Console
    from rich.table import Table

    from mmkeras.data import check

    report = check.check(data, folder)
    console = Console()
    table = Table("what", "count", title=f"{data}", title_justify="left")
    for name, count in report.counts.items():
        table.add_row(str(name), str(count))
    console.print(table)
    for problem in report.problems:
        line = f"{problem.kind}: {problem.where}: {problem.detail}"
        console.print(line, markup=False, soft_wrap=True)
    if not report.ok:
        console.print(f"{len(report.problems)} problems.", style="red")
        raise typer.Exit(1)
    console.print("Nothing is wrong.", style="green")
