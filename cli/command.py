"""The `metacot` command, one thin function per verb.

Nothing but argparse is imported before a verb needs it. What the user has to change is one line on stderr and exit
status 2; a traceback always means a bug.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __doc__ as about
from .. import __version__
from .arguments import PUZZLES_HELP, problem_arguments
from .arguments import positive as _positive
from .arguments import whole as _whole
from .curation import add_curation, curated
from .policies import add_exam, add_policy, examined, first, tell
from .prm import add_prm, done
from .searching import add_comparison, compared
from .solving import add_search, judgement, searched
from .traces import add_traces, traced

if TYPE_CHECKING:
    from ..agents.presets import RunSettings
    from ..tasks import Problem, Task


class Mistake(Exception):
    """What the user has to change, in one line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb; returns the exit status: 0 = yes or done, 1 = no, 2 = the command has to be changed."""
    options = parser().parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except Mistake as mistake:
        print(f"metacot {options.verb}: {mistake}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        resumes = "; the same command goes on from here" if options.verb in ("demo", "traces", "curate", "prm") else ""
        print(f"\nmetacot {options.verb}: stopped{resumes}", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever read the output, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


VERBS = {
    "demo": "problems, search, SFT, meta-RL, evaluation and a report, in a folder from which it resumes",
    "list": "the tasks: what they are, their levels, and the ids of their environments",
    "show": "a problem, how hard it is, and its exact value",
    "play": "play a problem yourself, with hints and undo; exit status 0 says that it was solved",
    "solve": "search a problem and print the trace of the search as text",
    "eval": "how a language model fares on a task with instructions alone; exit status 1 says that episodes were lost",
    "traces": "search many problems and write the traces to Parquet files with a manifest and a card; resumes",
    "compare": "search the same problems in every way: a table, and success against the budget as a page",
    "check": "judge an answer; exit status 0 says that it is right, 1 that it is not",
    "check-task": "try every rule of the contract on a task; exit status 1 says that one is broken",
    "verify": "judge a response by a reference answer; exit status 0 says that it is right, 1 that it is not",
    "prm": "train a process reward model, judge it against exact values, or score a file with it",
    "curate": "filter a file of problems into a folder of kept and dropped rows with a report; resumes",
    "table": "print the table of a finished run again",
    "report": "write the report of a finished run again",
}
"""Each verb and what it does."""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(prog="metacot", description=(about or "").partition("\n")[0])
    top.add_argument("--version", action="version", version=f"metacot {__version__}")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB", title="verbs")

    def verb(name: str, run: Callable[[argparse.Namespace], int | None], *parents: Any) -> argparse.ArgumentParser:
        words = VERBS[name]
        added = verbs.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.", parents=parents)
        added.set_defaults(run=run)
        return added

    demo = verb("demo", run_demo)
    demo.add_argument("--out", type=Path, default=Path("runs/demo"), help="folder of the run (default: %(default)s)")
    demo.add_argument(
        "--preset",
        choices=("smoke", "demo", "full"),
        default="demo",
        help="size of the run: does it work at all, minutes on two cores, or an hour and more (default: %(default)s)",
    )
    demo.add_argument("--seeds", type=_whole, nargs="+", default=[0], metavar="SEED", help="one run each (default: 0)")
    demo.add_argument("--model", help="name or folder of a pretrained model, instead of a small one from scratch")
    demo.add_argument("--puzzles", metavar="CSV", help=PUZZLES_HELP)
    demo.add_argument("--workers", type=_positive, help="processes for making traces (default: one a core)")
    demo.add_argument("--wandb", metavar="PROJECT", help="also log to this Weights & Biases project, offline")
    demo.add_argument("--wandb-online", action="store_true", help="upload while running, after `wandb login`")

    verb("list", list_tasks)

    problem = problem_arguments("train")
    verb("show", show_problem, problem)
    play = verb("play", play_problem, problem)
    play.add_argument("--budget", type=_positive, help="steps that the game may cost (default: 1000)")
    solve = verb("solve", solve_problem, problem)
    add_search(solve)
    exam = verb("eval", evaluate, problem_arguments("test"))
    add_policy(exam, required=True)
    add_exam(exam)
    add_traces(verb("traces", write_traces))
    check = verb("check", check_answer, problem)
    check.add_argument("--answer", required=True, help='the answer, such as "8 / (3 - 8 / 3)"')

    add_comparison(verb("compare", compare_task))

    contract = verb("check-task", check_contract)
    contract.add_argument("task", metavar="TASK", help="name of a task, see `metacot list`")
    contract.add_argument("--problems", type=_positive, default=200, help="how many to look at (default: %(default)s)")
    contract.add_argument(
        "--difficulty",
        nargs="+",
        metavar="LEVEL|KNOB=VALUE",
        help="only this one (default: the task's default, and every level with a tenth of the problems)",
    )
    verify = verb("verify", verify_answers)
    verify.add_argument("prediction", nargs="?", metavar="PREDICTION", help="a response, or its final answer alone")
    verify.add_argument("gold", nargs="?", metavar="GOLD", help="the reference answer")
    verify.add_argument("--kind", choices=("math", "choice", "text"), help="what the answer is (default: as it looks)")
    verify.add_argument("--json", action="store_true", help="print JSON, one object a line")
    verify.add_argument("--file", type=Path, metavar="JSONL", help='many pairs: lines with "prediction" and "gold"')
    verify.add_argument("--workers", type=_positive, default=1, help="processes for --file (default: %(default)s)")

    add_curation(verb("curate", curate_rows), _positive)
    add_prm(verb("prm", process_rewards), _whole, _positive)
    for name, run in (("table", print_table), ("report", write_report)):
        verb(name, run).add_argument("out", type=Path, metavar="RUN", help="folder of the run")
    return top


# what can go wrong --------------------------------------------------------------------------------------------------


@contextmanager
def _explained() -> Iterator[None]:
    """Errors in here are about what was typed, what is on disk or what is installed. Nothing is printed in here."""
    try:
        yield
    except (ImportError, LookupError, OSError, RecursionError, TypeError, ValueError) as error:
        said = str(error.args[0] if isinstance(error, KeyError) and error.args else error)
        if isinstance(error, OSError) and error.strerror and error.filename is not None:
            said = f"{error.filename}: {error.strerror}"
        elif unknown := re.search(r"unexpected keyword argument ('\w+')", said):
            said = f"there is no option {unknown[1]} here"
        raise Mistake(" ".join(said.split())) from error


def _needs(extra: str, *modules: str) -> None:
    """Says which modules are missing before hours are spent, and without importing them."""
    if missing := [module for module in modules if find_spec(module) is None]:
        raise Mistake(f"not installed: {', '.join(missing)}; pip install 'metacot[{extra}]'")


# the pipeline -------------------------------------------------------------------------------------------------------


def run_demo(options: argparse.Namespace) -> None:
    """The whole pipeline, once a seed."""
    if options.wandb_online and not options.wandb:
        raise Mistake("--wandb-online needs a project: --wandb PROJECT")
    _needs("train", "torch", "transformers", "trl", "datasets", "tqdm")
    if options.wandb:
        _needs("wandb", "wandb")
    with _explained():
        from ..agents.run_folder import RunFolder

        settings = _settings(options)
        single = len(options.seeds) == 1
        folders = {seed: options.out if single else options.out / f"seed{seed}" for seed in options.seeds}
        for seed, folder in folders.items():
            RunFolder(folder, settings, seed)
    for seed, folder in folders.items():
        if not single:
            print(f"seed {seed}, in {folder}")
        _run_seed(options, settings, seed, folder)
    if not single:
        from ..agents.finished import side_by_side

        print(side_by_side(list(folders.values())))


def _run_seed(options: argparse.Namespace, settings: RunSettings, seed: int, folder: Path) -> None:
    from ..agents.pipeline import run
    from ..agents.tracking import Tracker, WandbTracker

    opened: list[WandbTracker] = []

    def trackers(_: Path) -> list[Tracker]:
        if options.wandb:
            config = {"seed": seed, "settings": json.loads(settings.to_json())}
            group, online = folder.as_posix(), options.wandb_online
            opened.append(WandbTracker(options.wandb, folder, group=group, online=online, config=config))
        return [*opened]

    run(settings, folder, seed, workers=options.workers, trackers=trackers)
    for tracker in opened:
        print(f"W&B: {'uploaded' if tracker.online else 'offline; to upload it: wandb sync'} {tracker.folder}")


def _settings(options: argparse.Namespace) -> RunSettings:
    """The preset with what the command line changes. Raises for a model or a file of puzzles that is of no use."""
    from dataclasses import replace

    from .. import tasks
    from ..agents.presets import PRESETS
    from ..tasks.extras import require

    settings = PRESETS[options.preset]
    if options.model:
        # Absolute, so that a run may be resumed from another folder.
        name = str(Path(options.model).resolve()) if Path(options.model).exists() else options.model
        try:
            require("transformers", "lm").AutoConfig.from_pretrained(name)
        except (OSError, ValueError) as error:
            raise ValueError(f"--model {options.model}: {error}") from error
        settings = replace(settings, model=replace(settings.model, name=name))
    if options.puzzles:
        settings = replace(settings, task_options={"puzzles": str(Path(options.puzzles).resolve())})
    task = tasks.make(settings.task, **settings.task_options)
    if options.puzzles and not task.count("puzzles"):
        raise ValueError(f"{options.puzzles} is too short: rows 901-1000 are the ones held out")
    return settings


def print_table(options: argparse.Namespace) -> None:
    """The table of every run in a folder."""
    for run in _finished(options.out):
        print(run.table())


def write_report(options: argparse.Namespace) -> None:
    """The report of every run in a folder."""
    for run in _finished(options.out):
        with _explained():
            path = run.report()
        print(f"report: {path}")


def _finished(path: Path) -> list[Any]:
    """The run in `path`, or the runs of several seeds in its folders."""
    with _explained():
        from ..agents.finished import FinishedRun

        seeds = sorted(found.parent for found in path.glob("seed*/config.json"))
        return [FinishedRun.read(run) for run in (seeds if seeds and not (path / "config.json").exists() else [path])]


def process_rewards(options: argparse.Namespace) -> None:
    """One of the deeds of `prm`."""
    with _explained():
        lines = list(done(options, _knobs))
    print("\n".join(lines))


def curate_rows(options: argparse.Namespace) -> None:
    """The filters over a file, progress on stderr, the report at the end."""
    if options.embed:
        _needs("lm", "torch", "transformers")
    with _explained():
        report = curated(options)
    print(report)


# one problem --------------------------------------------------------------------------------------------------------


def list_tasks(options: argparse.Namespace) -> None:
    """A few lines a task."""
    from ..agents.describe import task_text
    from ..tasks import names

    print("\n".join(map(task_text, names())))


def _problem(options: argparse.Namespace) -> tuple[Task[Any, Any], Problem]:
    """The task and the problem that the command line names."""
    from .. import tasks

    with _explained():
        task = tasks.make(options.task, **({"puzzles": options.puzzles} if options.puzzles else {}))
        if options.problem is not None:
            return task, task.pose(*_data(options.problem))
        return task, task.problem(options.seed, options.index, options.split, **_knobs(task, options.difficulty))


def _data(text: str) -> tuple[Any, ...]:
    """What `Task.pose` is given: whole numbers as one tuple, a JSON list as its items, anything else as text."""
    from ..tasks.problem import as_tuples

    if text.lstrip().startswith("["):
        return tuple(as_tuples(json.loads(text)))
    words = text.split()
    numbers = words and all(re.fullmatch("-?[0-9]{1,18}", word) for word in words)
    return (tuple(map(int, words)) if numbers else text,)


def _knobs(task: Task[Any, Any], words: list[str]) -> dict[str, Any]:
    """A level and knobs, of which the later ones count."""
    knobs: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            knobs |= task.knobs(name)
            continue
        try:
            knobs[name] = json.loads(value)
        except ValueError:
            knobs[name] = value
    return knobs


def show_problem(options: argparse.Namespace) -> None:
    """The question, where it comes from, and what is known about it."""
    task, problem = _problem(options)
    from ..agents.describe import problem_text

    print(problem_text(task, problem))


def play_problem(options: argparse.Namespace) -> int:
    """A person plays, or a file does."""
    task, problem = _problem(options)
    from ..agents.play import BUDGET, play

    return 0 if play(task, problem, _typed(), print, options.budget or BUDGET) else 1


def _typed() -> Iterator[str]:
    """The lines of the standard input; those that nobody has seen being typed are printed."""
    while True:
        try:
            line = input("> ")
        except EOFError:
            print()
            return
        if not sys.stdin.isatty():
            print(line)
        yield line


def solve_problem(options: argparse.Namespace) -> int:
    """A search, its trace as text, and the answer with its verdict."""
    task, problem = _problem(options)
    with _explained():
        found = searched(options, task, problem)
    return found.tell(options.json, options.show)


def evaluate(options: argparse.Namespace) -> int:
    """How a policy fares on the first problems from an address on."""
    task, problem = _problem(options)
    with _explained():
        problems = [problem] if options.problem is not None else first(task, options, _knobs(task, options.difficulty))
        exam = examined(options, task, problems)
    return tell(exam, options.json)


def write_traces(options: argparse.Namespace) -> None:
    """Traces of many problems, progress on stderr, totals at the end."""
    _needs("traces", "pyarrow", "tqdm")
    with _explained():
        from .. import tasks

        task = tasks.make(options.task)
        said = traced(options, task, _knobs(task, options.difficulty))
    print(said)


def compare_task(options: argparse.Namespace) -> None:
    """Searches side by side."""
    with _explained():
        from .. import tasks

        task = tasks.make(options.task)
        text = compared(options, task, _knobs(task, options.difficulty))
    print(text)


def check_answer(options: argparse.Namespace) -> int:
    """The verdict on an answer."""
    task, problem = _problem(options)
    verdict = task.check(problem, options.answer)
    print(judgement(verdict))
    return 0 if verdict.correct else 1


def check_contract(options: argparse.Namespace) -> int:
    """The contract check, at one difficulty or at all that have a name."""
    with _explained():
        from .. import tasks
        from ..envs.contract import RULES, ContractError, check_task

        task = tasks.make(options.task)
        tenth = max(1, options.problems // 10)
        if options.difficulty is None:
            exams = [("", {}, options.problems), *((f", {level}", task.knobs(level), tenth) for level in task.levels)]
        else:
            exams = [("", _knobs(task, options.difficulty), options.problems)]
    for named, knobs, problems in exams:
        try:
            passed = check_task(task, problems, difficulty=knobs)
        except ContractError as broken:
            print(f"{options.task}{named} breaks a rule of the contract: {RULES[broken.rule]}\n{broken}")
            return 1
        known = "" if passed.known_share is None else f", distances known for {passed.known_share:.1%} of the states"
        known += f", solutions of up to {passed.longest} steps" if passed.longest else ""
        kept = f"{len(passed.rules)} rules kept on {passed.problems} problems, {passed.states} states"
        print(f"{options.task}{named}: {kept}{known}")
    return 0


def verify_answers(options: argparse.Namespace) -> int:
    """The verdict on one response, or on each line of a file and how many there are of each."""
    if (options.file is None) == (options.gold is None):
        raise Mistake("give a prediction and a reference, or --file")
    with _explained():
        from ..rewards import verify_batch
        from ..rewards.answers import read_pairs

        pairs = [(options.prediction, options.gold)] if options.file is None else read_pairs(options.file)
        predictions, golds = zip(*pairs, strict=True) if pairs else ((), ())
        verdicts = verify_batch(predictions, golds, kind=options.kind, workers=options.workers)
    for verdict in verdicts:
        fields = {"correct": verdict.correct, "reason": verdict.reason, "answer": verdict.answer}
        print(json.dumps(fields) if options.json else judgement(verdict))
    if options.file is not None:
        found = [sum(verdict.correct is kind for verdict in verdicts) for kind in (True, False, None)]
        print("{} right, {} wrong, {} cannot be judged".format(*found), file=sys.stderr)
    return 0 if all(verdict.correct for verdict in verdicts) else 1
