"""`voicebot evaluate matching`: questions with known answers through the matcher, and what came of it."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import click
from rich.console import Console

from voicebot.cli import matching_growth as growth
from voicebot.cli import matching_noise as noise
from voicebot.cli import matching_training as training
from voicebot.cli import matching_words as words
from voicebot.cli.ask import bands
from voicebot.cli.matching_judging import judge_all, summary
from voicebot.cli.matching_peers import METHODS, best_of
from voicebot.cli.matching_practice import practice
from voicebot.cli.matching_report import Row, as_table, auroc, calibration_error, cross_validated, draw
from voicebot.cli.matching_sets import Query, QuerySet, at_precision, read_entries, read_queries, read_sets, share
from voicebot.content import sample_faq
from voicebot.data_files import load_lexicon
from voicebot.errors import OperatorError
from voicebot.faq.entry import Entry
from voicebot.faq.load import load_folder
from voicebot.matching import Outcome
from voicebot.matching.learn import commonness
from voicebot.matching.model import document_from

OWN_DAY = date(2026, 1, 1)
"""The sample FAQ as of this day teaches, so that learning can be repeated on any day."""
PRECISION = 0.95
"""Share of answers that must be right, where methods are compared."""


LABELS = {
    "queries": "问题数",
    "in_scope": "其中应当答的",
    "out_of_scope": "其中不该答的",
    "top1": "首选正确率",
    "answered": "直接回答的",
    "precision": "直接回答的正确率",
    "wrong_answers": "该答而答错的",
    "out_of_scope_answered": "不该答而答了的",
    "auroc": "把握的区分度（AUROC）",
    "ece": "把握的偏差（ECE）",
    "p50_ms": "耗时中位数（毫秒）",
    "p99_ms": "耗时 99 分位（毫秒）",
    "index_s": "建索引（秒）",
    "set": "数据集",
    "beside": "另含",
    "split": "交叉验证",
    "asked": "应当答的",
    "not_to_answer": "不该答的",
    "right_answered": "答对的占应当答的",
    "at_95": "答案 95% 正确时答对的占比",
    "method": "方法",
    "phrasings": "问法数",
    "entries": "问答数",
    "build_s": "建索引（秒）",
    "memory_mb": "内存（MB）",
}
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_NEW = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--faq", "faq_file", type=_FILE, help="问答，每行一个 JSON：id、question、variants。")
@click.option("--queries", "query_file", type=_FILE, help="问题，每行一个 JSON：query、gold（null 表示不该答）。")
@click.option(
    "--sets", "folder", type=_FOLDER, help="装着许多数据集的文件夹：每个子文件夹里有 faq.jsonl、queries.jsonl。"
)
@click.option(
    "--without", type=click.FloatRange(0, 0.9), default=0.0, help="去掉这么大比例的问答：它们的问题就不该答了。"
)
@click.option("--asr-noise", type=click.FloatRange(0, 1), default=0.0, help="把这么大比例的字换成识别常错的字。")
@click.option("--peers", is_flag=True, help="同样的问题交给别的办法，各用最有利的门槛，比一比。")
@click.option("--reliability", type=_NEW, help="把“说九成把握就有九成对”画成图（PNG）。")
@click.option("--growth", "grows", is_flag=True, help="问法从一千条到十万条：建索引多久、占多少内存、一问多久。")
@click.option("--train", type=_FOLDER, help="用这个文件夹里的数据集重新学习权重。")
@click.option("--out", type=_NEW, help="学到的权重写到哪里；不写就只看交叉验证的结果。")
@click.option("--learn-noise", type=_FOLDER, help="从识别结果与原文的对照里学习常错的音，写到 --out。")
@click.option(
    "--learn-words", is_flag=True, help="重新算词义表（每个词一组数），写到 --out；哪些数管用，从 --sets 里的问法学。"
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON：一组问题一个对象；许多行时每行一个。")
def matching(
    faq_file: Path | None,
    query_file: Path | None,
    folder: Path | None,
    without: float,
    asr_noise: float,
    peers: bool,
    reliability: Path | None,
    grows: bool,
    train: Path | None,
    out: Path | None,
    learn_noise: Path | None,
    learn_words: bool,
    as_json: bool,
) -> None:
    """测量匹配：答对多少，答错多少，多快；也在这里重新学习。"""
    if learn_noise:
        _write(out, noise.learn(learn_noise))
    elif learn_words:
        teaching = [*(read_sets(folder) if folder else ()), *_teaching()]
        _progress(f"{words.build(_needed(out), teaching, _progress)} 个词")
    elif train:
        _show_rows(_train(train, out), as_json)
    elif grows:
        _show_rows(_growth(), as_json)
    elif folder:
        _show_rows(
            _over_sets([_changed(s, without, asr_noise) for s in read_sets(folder)], peers, reliability), as_json
        )
    elif faq_file and query_file:
        given = QuerySet(faq_file.stem, tuple(read_entries(faq_file)), tuple(read_queries(query_file)))
        one = _changed(given, without, asr_noise)
        if peers:
            _show_rows(_over_sets([one], peers, reliability), as_json)
        else:
            _one(one, reliability, as_json)
    else:
        raise click.UsageError(
            "要写 --faq 和 --queries，或者 --sets、--growth、--train、--learn-noise、--learn-words 之一"
        )


def _one(one: QuerySet, reliability: Path | None, as_json: bool) -> None:
    judged, index_s = judge_all(one)
    if reliability:
        draw({one.name: [(v.probability, v.right) for v in judged]}, reliability)
    figures = summary(judged, index_s)
    if as_json:
        click.echo(json.dumps(figures))
    else:
        rows = [{"": LABELS[name], " ": value} for name, value in figures.items()]
        Console().print(as_table(rows, {}))


def _changed(one: QuerySet, without: float, asr_noise: float) -> QuerySet:
    """The set with entries removed and questions misheard, the same way every time."""
    if without:
        one = one.without(without, seed=1)
    if asr_noise:
        confusions, rng = noise.load(load_lexicon().meanings.frequencies()), random.Random(1)
        heard = tuple(Query(confusions.heard(q.text, asr_noise, rng), q.right) for q in one.queries)
        one = replace(one, queries=heard)
    return one


def _over_sets(sets: Sequence[QuerySet], peers: bool, reliability: Path | None) -> list[Row]:
    """One row for each set and method."""
    rows: list[Row] = []
    curves = {}
    for one in sets:
        judged, _ = judge_all(one)
        curves[one.name] = [(v.probability, v.right) for v in judged]
        answered = [v for v in judged if v.outcome is Outcome.ANSWER]
        ours = _compared(one, "voicebot", curves[one.name], [v.right for v in judged])
        shipped: Row = {
            "precision": share(sum(v.right for v in answered), len(answered)),
            "right_answered": share(sum(v.right for v in answered), sum(bool(q.right) for q in one.queries)),
            "ece": calibration_error(curves[one.name]),
        }
        rows.append({**ours, **shipped})
        phrasings, owners = one.phrasings()
        for name, method in METHODS.items() if peers else ():
            found = best_of(method, [q.text for q in one.queries], phrasings)
            right = [owners[place] in query.right for (place, _), query in zip(found, one.queries, strict=True)]
            scored = [(score, good) for (_, score), good in zip(found, right, strict=True)]
            rows.append({**_compared(one, name, scored, right), **dict.fromkeys(shipped)})
    if reliability:
        draw(curves, reliability)
    return rows


def _compared(one: QuerySet, method: str, scored: Sequence[tuple[float, bool]], right: Sequence[bool]) -> Row:
    inside = [good for good, query in zip(right, one.queries, strict=True) if query.right]
    return {
        "set": one.name,
        "method": method,
        "top1": share(sum(inside), len(inside)),
        "at_95": share(at_precision(scored, PRECISION)[0], len(inside)),
        "auroc": auroc([p for p, good in scored if good], [p for p, good in scored if not good]),
    }


def _growth() -> list[Row]:
    lexicon = load_lexicon()
    phrasings = [text for entry in _own() for text in entry.phrasings]
    confusions = noise.load(lexicon.meanings.frequencies())
    return [dict(growth.row_of(one)) for one in growth.grow(growth.SIZES, phrasings, lexicon, bands(), confusions)]


def _train(folder: Path, out: Path | None) -> list[Row]:
    """Learn, tell what cross-validation says, and write the weights."""
    sets, own = [*read_sets(folder), practice()], _own()
    lexicon = load_lexicon(taught=False)
    common = commonness(
        [[q.text for q in one.queries] for one in sets] + [[t for e in own for t in e.phrasings]], lexicon
    )
    lexicon = replace(lexicon, model=replace(lexicon.model, common=common))
    taught = training.lessons(sets, own, lexicon, noise.load(lexicon.meanings.frequencies()), _progress)
    kept = training.trusted(taught, common)
    answer = bands().answer
    _progress("cross-validation")
    rows = cross_validated(training.told(training.relearnt(taught, kept, common)), answer, "by question")
    rows += cross_validated(training.told(training.set_apart(taught, kept, common)), answer, "by set")
    if out:
        counts = {name: sum(one.name == name for one in kept) for name in sorted({one.name for one in kept})}
        source = {"command": "voicebot evaluate matching --train SETS --out matching.json", "questions": counts}
        _write(out, document_from(training.learnt(kept, common), source))
    return rows


def _teaching() -> list[QuerySet]:
    """What the program itself has to learn from."""
    return [practice(), QuerySet(training.OWN, tuple(_own()), ())]


def _own() -> list[Entry]:
    return list(load_folder(sample_faq(), OWN_DAY).entries)


def _progress(what: str) -> None:
    click.echo(what, err=True)


def _write(out: Path | None, document: dict[str, object]) -> None:
    _needed(out).write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _needed(out: Path | None) -> Path:
    if out is None:
        raise OperatorError("no-out", "要写 --out 文件")
    return out


def _show_rows(rows: Sequence[Row], as_json: bool) -> None:
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
    else:
        Console().print(as_table(rows, LABELS))
