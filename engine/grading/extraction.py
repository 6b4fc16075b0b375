"""Answer extraction: which characters of a solution are its final answer, and which pattern found them.

Order of trust: explicit forms (`#### 18`, `\\boxed{18}`, `<answer>18</answer>`, `The final answer is $18$.`) before
answer lines (`A: 18`, `Answer: 18`, `the answer is 18`) before the last formula that no number follows (`we find that
$x < 3$.`) before the last number. Within the explicit forms, and within the answer lines, the LAST one wins: a
reasoning model corrects itself downwards. What follows a new question that the model invents after its answer (a
few-shot prompt running on) or the end of its turn is not part of the solution, and neither is a thought. Linear; never
raises.
"""

from __future__ import annotations

import re

from engine.grading.limits import ANSWER_LIMIT, JOINT_LIMIT, LINE_ANSWER_LIMIT, LINES_TRIED, TEXT_LIMIT
from engine.grading.numbers import SCALED, read_number
from engine.grading.numerals import is_number, last_number
from engine.grading.sentences import front_amount, stated_amount, undecorated
from engine.grading.units import describes, measures
from engine.grading.verdict import Extraction, ParsedFrom
from engine.steps.boxes import boxed_contents
from engine.steps.thought import split_thought

_HASH = re.compile(r"#{4}(?!#)[ \t]*\n?[ \t]*([^\n]*)")
_TAG_OPEN = re.compile(r"<answer>", re.IGNORECASE)
_TAG_CLOSE = re.compile(r"</answer>", re.IGNORECASE)
_ANSWER_LINE = re.compile(
    r"(?:^[ \t>#*_-]{0,8}(?:a|ans)[*_]{0,3}[ \t]{0,3}:"
    r"|\banswer[*_]{0,3}[ \t]{0,3}(?::|=|(?:is|equals|would be|will be)\b:?)"
    r"|\b(?:option|choice)[*_]{0,3}[ \t]{0,3}(?::|is\b:?)(?=[ \t]*[*_$(]{0,4}(?-i:[A-J])(?:[*_).:]|[ \t]*$)))[*_]{0,3}",
    re.IGNORECASE | re.MULTILINE,
)
_NEW_QUESTION = re.compile(r"^[ \t>#*_]{0,8}(?:question|problem|q)[ \t]{0,3}\d{0,4}[*_]{0,3}[ \t]{0,3}:", re.I | re.M)

_SENTENCE_END = re.compile(r"[.!?][*_\"”)]{0,3}\s+(?=[A-Z])|\s+(?:because|since|which|so that)\b")
_FINAL = re.compile(r"\bthe\s+final\s+answer\s+is:?\s*(?=\$|\\\(|\\\[)", re.IGNORECASE)  # the words of Minerva's prompt
_TURN_END = re.compile(r"<\|(?:im_end|im_start|eot_id|end|endoftext|end_of_text)\|>|</s>|<end_of_turn>")
_FORMULA = re.compile(
    r"\$\$(?P<display>[^$]{1,600})\$\$|(?<![\\$])\$(?P<inline>[^$\n]{1,400})(?<!\\)\$(?![0-9$])"
    r"|\\\((?P<round>.{1,400}?)\\\)|\\\[(?P<square>.{1,600}?)\\\]",
    re.DOTALL,
)
_FORMULA_SIGN = re.compile(r"\\[a-zA-Z]|[<>=^_≤≥≠]|\A\s*[(\[{].*[)\]}]\s*\Z", re.DOTALL)  # more than a sum of money
_AFTER_FORMULA = re.compile(r"[^0-9$\\]{0,60}\Z")  # a formula that more mathematics follows is a step
_NO_ANSWER = re.compile(
    r"\A(?:not|that|correct|incorrect|right|wrong|the following|as follows|obvious|unknown|given|obtained|found|simply"
    r"|to|in|a|an)\b",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"\A(?:step|part|case|solution|calculat\w*|find|determin\w*|final answer|answer)\b|\A\d+\.\s+[A-Za-z]", re.I
)
_PROSE = re.compile(r"(?:\b[A-Za-z]{2,}\b[\s,]+){3}")
_WRAPPED = re.compile(
    r"\A(?:\*\*(?P<bold>[^*]+)\*\*|__(?P<under>[^_]+)__|\*(?P<star>[^*]+)\*|`(?P<code>[^`]+)`"
    r"|\$\$(?P<display>[^$]+)\$\$|\$(?P<inline>[^$]+)(?<!\\)\$"
    r"|\\\((?P<round>.+)\\\)|\\\[(?P<square>.+)\\\])[.,;:]*\Z",
    re.DOTALL,
)
_EMPHASIS = re.compile(
    r"(?<![\w*\\)}\]])(?P<star>\*{1,3})(?=[^\s*])(?P<starred>[^*]{0,400}?[^\s*\\])(?P=star)(?![\w*])"
    r"|(?<![\w\\)}\]])(?P<line>_{1,3})(?=[^\s_])(?P<lined>[^_]{0,400}?[^\s_\\])(?P=line)(?!\w)"
)
_LOOSE_MARK = re.compile(r"(?<=\S)\*\*(?=[\s.,;:]|\Z)|\A\*\*(?=\S)")  # its partner stood before the marker
_HTML = re.compile(r"<(?P<tag>b|strong|i|em|u|code)>(?P<inside>[^<]{0,400})</(?P=tag)>", re.IGNORECASE)
_LEADING = re.compile(
    r"(?:\$(?P<inline>[^$\n]{1,400})(?<!\\)\$|\\\((?P<round>[^\n]{1,400}?)\\\)|\\\[(?P<square>[^\n]{1,400}?)\\\]"
    r"|(?P<number>[-−]?(?:\\?\$)?\d[\d,.]{0,40}(?:/\d{1,20})?%?))"
    r"(?P<words>[\s,;:(\[\u2013\u2014-]+[A-Za-z][A-Za-z\s,;:.'()\[\]/\u2013\u2014-]*)",
)
_SPACE = r"(?:[\s$]|\\[()\[\]:; ]|\\q?quad)*"
_AND = r"(?:,|,?[\s$]*(?:\\text\s*\{[^{}]{0,30})?\s*\band\b\s*\}?)"
_NAMED = rf"(?:[A-Za-z](?:_\{{?\w\}}?)?\s*=\s*)?{_SPACE}"
_JOINT = re.compile(rf"{_SPACE}{_AND}{_SPACE}{_NAMED}")
_GOLD_JOINT = re.compile(rf"{_SPACE}[\s+;]*(?:(?:[a-z]{{1,20}}\s)?{_AND})?{_SPACE}{_NAMED}")  # "papers and"; or nothing
_EITHER = re.compile(rf"{_SPACE},?{_SPACE}(?:\\text\s*\{{\s*)?\bor\b\s*\}}?{_SPACE}{_NAMED}")
_PREDICATE = re.compile(r".*\b(?:is|are|equals)\b:?\s*", re.DOTALL)
_LETTER = re.compile(
    r"(?:^|\n)[ \t]*(?:\*\*|__)\(?([A-J])\)?[.:]?(?:\*\*|__)[.:]?\s*\Z"
)  # "**B**" alone on the last line
_TRAILING = " \t\n.,;:"  # not "!": 5! is an answer

Found = tuple[int, str, ParsedFrom]  # where it ends, the answer, the pattern


def extract_answer(text: str) -> Extraction:
    """The final answer of a solution; `text` None (and "none") where no pattern and no number is found."""
    said = _first_problem_only(_one_turn(split_thought(text[-TEXT_LIMIT:].replace("\x00", ""))[0]))
    explicit = [*_hashes(said), *_boxes(said), *_tags(said)]
    found = max([*explicit, *_final_line(said)] if explicit else _answer_line(said) or _formula(said), default=None)
    if found is not None:
        return Extraction(found[1][:ANSWER_LIMIT], found[2])
    letter = _LETTER.search(said[-LINE_ANSWER_LIMIT:])
    if letter is not None:
        return Extraction(letter[1], "answer-line")
    number = last_number(said)
    return Extraction(number and number[:ANSWER_LIMIT], "none" if number is None else "last-number")


def gold_answer(text: str) -> str:
    """A gold answer without its dress; of several boxes all that are joined are the answer ("1" and "-2")."""
    text = re.sub(r"\\\\(?=boxed|fbox)", r"\\", text.rsplit("####", 1)[-1])
    boxes = _boxes(text, _GOLD_JOINT) if text.count("\\boxed") + text.count("\\fbox") > 1 else []
    return boxes[-1][1] if boxes else tidy(text)


def tidy(answer: str) -> str:
    """The answer without its dress: bold, math delimiters, a box around all of it, trailing stops."""
    for _ in range(6):  # "**$\\boxed{18}$.**" wears four
        before = answer
        answer = answer.strip().rstrip(_TRAILING)
        match = _WRAPPED.match(answer)
        if match:
            answer = next(group for group in match.groups() if group is not None)
        boxes = boxed_contents(answer)
        if boxes:
            answer = boxes[-1][1]
        if answer == before:
            break
    return answer.strip()


def _first_problem_only(text: str) -> str:
    """Cut at the first new question after an answer was given."""
    for match in _NEW_QUESTION.finditer(text):
        before = text[: match.start()]
        if any((_hashes(before), _boxes(before), _tags(before), _answer_line(before))):
            return before
        break  # a question that comes first is the model repeating the task
    return text


def _one_turn(text: str) -> str:
    """Cut at the sign that ends a turn, where something stands before it."""
    for match in _TURN_END.finditer(text):
        if re.search(r"[^\W_]", _TURN_END.sub("", text[: match.start()])):
            return text[: match.start()]
    return text


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    last: re.Match[str] | None = None
    for match in pattern.finditer(text):
        last = match
    return last


def _final_line(text: str) -> list[Found]:
    """`The final answer is $18$.` after a box takes the box's place."""
    last = _last(_FINAL, text)
    formula = None if last is None else _FORMULA.match(text, last.end())
    answer = "" if formula is None else tidy(next(group for group in formula.groups() if group is not None))
    return [(formula.end(), answer, "answer-line")] if formula is not None and answer else []


def _formula(text: str) -> list[Found]:
    """The last formula, where no further number or formula follows it."""
    last = _last(_FORMULA, text)
    if last is None or not _AFTER_FORMULA.match(text, last.end()):
        return []
    answer = tidy(next(group for group in last.groups() if group is not None))
    if not _FORMULA_SIGN.search(answer) or _PROSE.search(answer) or (is_number(answer) and "^" not in answer):
        return []
    return [(last.end(), answer, "last-formula")]


def _hashes(text: str) -> list[Found]:
    found: list[Found] = []
    for match in _HASH.finditer(text):
        answer = _leading(tidy(_plain(match.group(1))))
        if answer and not _HEADING.match(answer) and len(answer) <= LINE_ANSWER_LIMIT and _answer_like(answer):
            found.append((match.end(), answer, "hash"))
    return found


def _boxes(text: str, joint: re.Pattern[str] = _JOINT) -> list[Found]:
    """Boxes joined by a comma or "and" are one answer ("1, 2"); "or" mostly joins two spellings of it."""
    found: list[Found] = []
    for end, content in boxed_contents(text):
        answer = tidy(content)
        if not answer:
            continue
        if found:
            between = text[found[-1][0] : text.rfind("\\", 0, max(0, end - len(content) - 1))]
            joined = joint.fullmatch(between) or (_EITHER.fullmatch(between) and _two_values(found[-1][1], answer))
            if len(between) <= JOINT_LIMIT and joined and answer != found[-1][1]:
                answer = f"{found[-1][1]}, {answer}"
        found.append((end, answer, "boxed"))
    return found


def _two_values(first: str, second: str) -> bool:
    """Whether two boxes give one name different values ("x=2", "x=3"), and not one value in two spellings."""
    one, other = read_number(first.rpartition(", ")[2]), read_number(second)
    if one is None or other is None:
        return False
    plain = not (one.unit or other.unit or one.percent or other.percent) and one.label == other.label != ""
    return plain and abs(one.value - other.value) > max(abs(one.value), abs(other.value)) / 100


def _tags(text: str) -> list[Found]:
    found: list[Found] = []
    position = 0
    for piece in _TAG_OPEN.split(text):
        start = position
        position += len(piece) + len("<answer>")
        if start == 0:
            continue
        closing = _TAG_CLOSE.search(piece)
        content = piece[: closing.start()] if closing else piece
        answer = _inside_tag(content)
        if answer:
            found.append((start + (closing.end() if closing else len(piece)), answer, "answer-tag"))
    return found


def _inside_tag(content: str) -> str:
    """Answer tags hold the answer, or (R1 style) a whole solution that ends in it."""
    explicit = max([*_hashes(content), *_boxes(content)] or _answer_line(content), default=None)
    if explicit:
        return explicit[1]
    answer = _leading(tidy(_plain(content)))
    if "\n" in answer or _PROSE.search(answer):
        return last_number(answer) or answer
    return answer


def _answer_line(text: str) -> list[Found]:
    """The last line that states an answer, or nothing."""
    for match in list(_ANSWER_LINE.finditer(text))[: -LINES_TRIED - 1 : -1]:
        # A slice, not a group: "Final answer: the answer is 18" holds two markers and the inner one has the value.
        line = _plain(text[match.end() : match.end() + 2 * LINE_ANSWER_LIMIT].split("\n", 1)[0].strip())
        cut = _SENTENCE_END.search(line)
        answer = _leading(_stated(tidy(undecorated(tidy((line[: cut.start()] if cut else line).rstrip("! "))))))
        if answer and len(answer) <= LINE_ANSWER_LIMIT and not _NO_ANSWER.match(answer) and _answer_like(answer):
            return [(match.end(), answer, "answer-line")]
    return []


def _plain(line: str) -> str:
    """A line without the marks of emphasis and code, wherever they stand; a product's star and a power's stay."""
    line = line.replace("`", "")
    for _ in range(2):  # "**_18_**" wears two
        line = _EMPHASIS.sub(lambda found: found["starred"] or found["lined"], line)
    return _LOOSE_MARK.sub("", _HTML.sub(r"\g<inside>", line))


def _leading(answer: str) -> str:
    """The formula or number that an answer begins with, where only words follow it that leave its value alone.

    A readable number keeps its words ("5 feet"); a formula keeps those that scale or measure it ("$5$ million").
    """
    match = _LEADING.fullmatch(answer)
    if read_number(answer) is not None:
        return answer
    if match is None:
        return front_amount(answer) or answer
    words = re.sub(r"[^A-Za-z]+", " ", match["words"]).strip()
    if not describes(words) and not SCALED.match(words):
        return front_amount(answer) or answer
    formula = next((match[name] for name in ("inline", "round", "square") if match[name]), "")
    if not formula:
        return tidy(match["number"])
    whole = f"{formula.strip()} {words}"
    number = read_number(whole)
    return whole if number and (number.percent or SCALED.match(words) or any(measures(number.unit))) else tidy(formula)


def _stated(answer: str) -> str:
    """What a sentence states: "The largest n is 34" says 34; what is no sentence stays."""
    if not re.match(r"(?:[A-Za-z]{2,}|I)\s", answer):
        return answer
    said = tidy(_PREDICATE.sub("", answer, count=1))
    if said and said != answer:
        return said
    amount = stated_amount(answer)
    if amount is not None:
        return amount
    return (last_number(answer) or answer) if _PROSE.search(answer) else answer


def _answer_like(answer: str) -> bool:
    """A number, mathematics, or at most a few words; not a sentence that merely follows the marker."""
    if not re.search(r"[^\W_]", answer) or _ANSWER_LINE.search(answer):
        return False
    return bool(re.match(r"[-−+(\[{\\$€£¥]|\.?\d", answer)) or "=" in answer or not _PROSE.search(answer)
