"""Nothing in a report says who called."""

import pytest

from voicebot.insight.redact import redact

WORDS = {"redacted_number": "#", "redacted_name": "@", "redacted_place": "%"}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("我的手机是13800138000", "我的手机是#"),
        ("幺三八零零幺三八零零零给我回电话", "#给我回电话"),
        ("身份证11010119900307123X", "身份证#"),
        ("卡号 6222 0212 3456 7890 123", "卡号 #"),
        ("我叫张三，公积金怎么取", "我叫@，公积金怎么取"),
        ("我姓欧阳，想问社保", "我姓@，想问社保"),
        ("我是李小明，住在幸福小区三号楼二单元", "我是@，住在%"),
        ("王师傅说要带身份证", "@师傅说要带身份证"),
        ("刘建国局长不接电话", "@局长不接电话"),
        ("人民路12号旁边的路灯坏了", "%旁边的路灯坏了"),
        ("3号楼2单元漏水", "%漏水"),
        # What it is about stays.
        ("社保卡丢了怎么补办", "社保卡丢了怎么补办"),
        ("路灯坏了归谁修", "路灯坏了归谁修"),
        ("退休年龄是六十岁还是六十三岁", "退休年龄是六十岁还是六十三岁"),
        ("我是灵活就业的", "我是灵活就业的"),
        ("老小区加装电梯邻居不同意怎么办", "老小区加装电梯邻居不同意怎么办"),
        ("依据 2026 年的规定", "依据 2026 年的规定"),
    ],
)
def test_who_and_where_goes_and_what_stays(said, shown):
    assert redact(said, WORDS) == shown
