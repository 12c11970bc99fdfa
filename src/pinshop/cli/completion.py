"""`pinshop completion`: the script that lets a shell complete commands, options, profiles and ad accounts."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem, ShellComplete, add_completion_class, get_completion_class


class PowerShellComplete(ShellComplete):
    """Completion for PowerShell, in which click itself has none."""

    name = "powershell"
    source_template = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($word, $line, $position)
    $env:%(complete_var)s = "powershell_complete"
    $env:COMP_WORDS = $line.ToString()
    $env:COMP_WORD = $word
    %(prog_name)s | ForEach-Object {
        $value, $help = $_ -split "`t", 2
        if (-not $help) { $help = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
    }
    Remove-Item Env:%(complete_var)s, Env:COMP_WORDS, Env:COMP_WORD
}
"""

    def get_completion_args(self) -> tuple[list[str], str]:
        import os
        import shlex

        words = shlex.split(os.environ.get("COMP_WORDS", ""), posix=False)
        word = os.environ.get("COMP_WORD", "")
        return (words[1:-1] if word and words[-1:] == [word] else words[1:]), word

    def format_completion(self, item: CompletionItem) -> str:
        return f"{item.value}\t{item.help or ''}"


add_completion_class(PowerShellComplete)


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish", "powershell"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell, which goes where that shell reads it when it starts.

    \b
    bash        echo 'eval "$(pinshop completion bash)"' >> ~/.bashrc
    zsh         echo 'eval "$(pinshop completion zsh)"' >> ~/.zshrc
    fish        pinshop completion fish > ~/.config/fish/completions/pinshop.fish
    powershell  pinshop completion powershell >> $PROFILE

    \b
    Examples:
      pinshop completion bash
      pinshop completion powershell
    """
    made = get_completion_class(shell) or PowerShellComplete
    click.echo(made(ctx.find_root().command, {}, "pinshop", "_PINSHOP_COMPLETE").source())
