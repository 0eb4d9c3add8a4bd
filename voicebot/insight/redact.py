"""Callers' numbers, names and addresses taken out of what they said and what clerks wrote, before it leaves the desk.

By rule, and rather too much than too little: a report needs what it was about, never whom. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

_DIGITS: Final = "0-9〇零一二三四五六七八九幺两"
_NUMBER: Final = re.compile(rf"\+?(?:[{_DIGITS}Xx][\s\-—]?){{5,}}")
"""Telephone, identity card, bank card, plate and account numbers, also as they are read out."""
_SURNAMES: Final = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳"
    "酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞"
    "熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓"
    "郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊惠甄曲家封储靳段焦侯全班仰秋仲伊宫宁仇栾暴甘厉戎祖武符刘景詹束龙叶幸司黎乔"
    "苍双闻莘党翟谭贡劳申扶堵冉宰雍桑桂濮牛寿通边扈燕冀尚温庄晏柴瞿阎慕连茹习艾容向古易慎廖庾终居衡步都耿满弘匡国文寇广"
)
_TITLES: Final = "先生|女士|小姐|师傅|大爷|大妈|阿姨|老师|主任|科长|局长|经理|同志|医生|大夫"
_TITLED: Final = re.compile(rf"[{_SURNAMES}][\u4e00-\u9fff]{{0,2}}?(?={_TITLES})")
_SAYS: Final = re.compile(
    r"((?:我叫|名叫|名字叫|姓名[是为:：]?|免贵姓|我姓|姓))([\u4e00-\u9fff·]{1,4}?)(?=[，,。；;、！!？?的住要想在说打]|$)"
)
_I_AM: Final = re.compile(rf"(我是|本人|来电人)([{_SURNAMES}][\u4e00-\u9fff]{{1,2}})(?=[，,。；;、！!？?住]|$)")
_WHERE: Final = r"[\u4e00-\u9fffA-Za-z0-9〇]"
_HOME: Final = re.compile(
    rf"(?:(?<=住在)|(?<=家住)|(?<=地址是)|(?<=地址)|(?<=位于))[:：]?{_WHERE}{{2,30}}?(?=[，,。；;、！!？?]|$)"
)
_PLACE: Final = re.compile(
    rf"{_WHERE}{{1,8}}?(?:路|街|巷|弄|道|村|小区|花园|苑|里|庄|镇|社区)"
    rf"(?:{_WHERE}{{0,6}}?[{_DIGITS}]+(?:号|栋|幢|座|单元|室|楼|层|组|户)(?:院|楼)?)+"
)
_DOOR: Final = re.compile(rf"[{_DIGITS}]+(?:号楼|栋|幢|单元|室|号院)(?:[{_DIGITS}]+(?:号楼|栋|幢|单元|室|号|层))*")


def redact(text: str, words: Mapping[str, str]) -> str:
    """The text without numbers, names and addresses. `words`: what stands in their place, by ``redacted_number``,
    ``redacted_name`` and ``redacted_place``.
    """
    text = unicodedata.normalize("NFC", text)
    text = _HOME.sub(words["redacted_place"], text)
    text = _PLACE.sub(words["redacted_place"], text)
    text = _DOOR.sub(words["redacted_place"], text)
    text = _NUMBER.sub(words["redacted_number"], text)
    text = _SAYS.sub(lambda m: m[1] + words["redacted_name"], text)
    text = _I_AM.sub(lambda m: m[1] + words["redacted_name"], text)
    return _TITLED.sub(words["redacted_name"], text)
