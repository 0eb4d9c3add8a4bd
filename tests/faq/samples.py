"""Small FAQ files for the tests. Made up; nothing here is anyone's real answer."""

from datetime import date
from pathlib import Path

TODAY = date(2026, 6, 1)

HEADER = """---
department: rsj
name: 人社局
---
"""


def entry(
    id="rsj-001",
    question="社保卡丢了怎么补办",
    variants="社保卡不见了去哪里补",
    validity="2026-01-01 至 2026-12-31",
    answer="请带身份证到服务网点补办。",
):
    return f"""
## {question} {{#{id}}}
- 问法: {variants}
- 有效期: {validity}

{answer}
"""


GOOD = HEADER + entry()
OTHER = HEADER.replace("rsj", "ybj").replace("人社局", "医保局") + entry(
    "ybj-001", "异地看病怎么备案", "去外地住院要先登记吗", answer="请在手机上办理备案。"
)


def write(folder: Path, **files: str) -> Path:
    """A FAQ folder named `faq`, with one file per keyword."""
    folder = folder / "faq"
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return folder
