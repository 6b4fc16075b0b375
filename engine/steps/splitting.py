"""Step splitting: a solution's text becomes the tuple of its reasoning steps.

Promise: at most STEP_LIMIT steps, in order, none empty; chatter, list markers, markdown and lines that only state the
final answer are gone; a display, environment or code block is never torn. Linear in the text; never raises.
"""

from __future__ import annotations

import re

from engine.steps.sentences import display_spans, split_sentences
from engine.steps.thought import split_thought

STEP_LIMIT = 200  # a chain beyond it is a repetition loop; the matrix would be unreadable and the rows megabytes
EMBEDDING_CLIP = 2_000  # characters; sentence encoders read 256 to 512 tokens, the rest is only tokenizer time
TEXT_LIMIT = 200_000  # characters read at all
CHATTER_CLIP = 160  # a longer line is never mere chatter

_CALCULATOR = re.compile(r"<<[^<>\n]{0,300}>>")
_FIGURE = (re.compile(r"\[asy\]"), re.compile(r"\[/asy\]"))
_ANSWER_TAG = (re.compile(r"<answer>", re.IGNORECASE), re.compile(r"</answer>", re.IGNORECASE))
_OTHER_TAG = re.compile(r"</?(?:think|thinking|reasoning|solution|step|output|explanation)>", re.IGNORECASE)

_HEADING = re.compile(r"\A(?:#{1,6}\s+|>\s+)")
_MARKER = re.compile(
    r"\A(?:"
    r"[-–—•*+·]\s+"  # bullets
    r"|[Ss]tep\s{0,2}(?:\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten)\b\s?(?:[:.)\-–—]\s*|\Z)"
    r"|\d{1,3}[.)]\s+(?=\S)"  # "3. " but never "3.50"
    r"|\(\d{1,2}\)\s+(?=[A-Za-z\\$])"  # "(2) Then" but never "(2) (3) = 6"
    r"|\(?(?:[a-h]|i{1,3}|iv|v|vi{0,3})\)\s+(?=\S)"
    r")"
)
_EMPHASIS = re.compile(r"(?<![\w)*])(\*\*|__)(?=\S)([^*\n]{1,2000}?)\1(?![\w*])")
_EDGE_EMPHASIS = re.compile(r"\A(?:\*{1,3}|_{1,3})(?=\S)|(?<=\S)(?:\*{1,3}|_{1,3})\Z")

_GREETING = re.compile(
    r"\A(?:(?:sure(?: thing)?|certainly|of course|absolutely|okay|ok|alright|great(?: question)?|no problem)"
    r"[,.!:]+\s*)+",
    re.IGNORECASE,
)
_CHATTER = re.compile(
    r"\A(?:"
    r"sure|certainly|of course|absolutely|okay|ok|alright|hello|hi there"
    r"|here(?: is|'s|’s| are)\b"
    r"|let(?:'s|’s| us| me)\s+(?:think|break|solve|work|go|start|begin|do|tackle|proceed|follow|take)\b"
    r"|(?:in order )?to (?:solve|answer|tackle) (?:this|the)\b.{0,80}\b(?:step|steps|need to|following|break|can)\b"
    r"|(?:we|i) (?:can|will|need to|'ll|’ll) (?:solve|break|follow|work)\b.{0,80}\b(?:steps?|down|this|the problem)\b"
    r"|i hope|hope this|let me know|i'd be happy|feel free|i(?:'d| can| will| would|'ll|’ll)\b.{0,30}\bhelp\b"
    r"|(?:step[- ]by[- ]step )?(?:solution|explanation|reasoning|steps|(?:final )?answer|calculations?)\s*:?\s*\Z"
    r")",
    re.IGNORECASE,
)
_CARRIES_MATHEMATICS = re.compile(r"\d|[=+×÷]|\\[a-zA-Z]")

_ANSWER_WORDS = r"(?:(?:so|thus|hence|therefore|finally)\b,?\s*)?(?:the\s+)?(?:final\s+)?(?:correct\s+)?answer"
_ANSWER_LINE = re.compile(
    r"\A(?:#{4}\s*(?!\d+\.\s+[a-z])(?:[-+$\\(\d€£.][^=]{0,60}|(?!step|part|case)\w+(?:\s\w+)?\W*)"
    r"|(?:a|ans)\s*:\s*[^=]{0,60}"
    rf"|{_ANSWER_WORDS}\s*(?:is|:|=)+[^=]{{0,60}}"
    r"|\W{0,3}\\(?:boxed|fbox)\{[^=]{0,60}\}\W{0,3})\Z",
    re.IGNORECASE,
)
_EXPLAINS = re.compile(r"\b(?:because|since|as|when|where)\b", re.IGNORECASE)
_CONTINUES = re.compile(r"\A(?:&?\s?(?:=|≈|\\approx|\\Rightarrow|\\implies|⇒)|[,.;]\s)")
_DISPLAY_START = re.compile(r"\\\[|\$\$|\\begin\{|```")
_DISPLAY_END = re.compile(r"(?:\\\]|\$\$|\\end\{[a-zA-Z]{1,20}\*?\}|```)[.,;]?\Z")
_HAS_WORD = re.compile(r"[^\W_]")
_SPACES = re.compile(r"\s+")


def split_steps(text: str) -> tuple[str, ...]:
    """The reasoning steps of a solution: its lines, or its sentences where everything stands on one line.

    Dropped: blank lines, chatter, calculator marks `<<...>>`, figures, and lines that say nothing but the final answer
    (`#### 18`, `A: 18`, `Answer: 18`, `The answer is 18.`, a lone `\\boxed{18}`, `<answer>` tags): the answer is graded
    on its own. A thought (`<think>`) counts only where nothing else was written. Everything past STEP_LIMIT is dropped.
    """
    text = text[:TEXT_LIMIT].replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    for part in _readings(text):
        steps = _steps_of(part)
        if steps:
            return steps
    return ()


def embedding_text(step: str) -> str:
    """The part of a step that is embedded; the step itself is kept whole everywhere else."""
    return step[:EMBEDDING_CLIP]


def _readings(text: str) -> list[str]:
    """Where to look for the steps, best first: what was said, what stands inside the answer tags, what was thought."""
    said, thought = split_thought(text)
    outside, tagged = _cut_out(said, *_ANSWER_TAG)
    return [outside, tagged, thought]


def _cut_out(text: str, opener: re.Pattern[str], closer: re.Pattern[str]) -> tuple[str, str]:
    """The text outside of the tags and inside of them, lines apart; a tag that is never closed ends at the next one."""
    first, *rest = opener.split(text)
    outside, inside = [first], []
    for piece in rest:
        content, *after = closer.split(piece, maxsplit=1)
        inside.append(content)
        outside += after
    return "\n".join(outside), "\n".join(inside)


def _steps_of(text: str) -> tuple[str, ...]:
    text = _OTHER_TAG.sub("\n", _CALCULATOR.sub("", _cut_out(text, *_FIGURE)[0]))
    lines = [step for line in _whole_lines(text) if (step := _clean(line))]
    if len(lines) == 1:
        lines = [step for sentence in split_sentences(lines[0]) if (step := _clean(sentence))]
    return tuple(lines[:STEP_LIMIT])


def _whole_lines(text: str) -> list[str]:
    """Lines, with each display on one line and joined to the sentence that leads to it."""
    folded: list[str] = []
    end = 0
    for start, stop in display_spans(text):
        folded += [text[end:start], _SPACES.sub(" ", text[start:stop])]
        end = stop
    folded.append(text[end:])
    lines: list[str] = []
    for raw in "".join(folded).split("\n"):
        line = raw.strip()
        if not _HAS_WORD.search(line):
            continue
        # A display belongs to what leads to it, unless that is a display too: those are steps of their own.
        after_display = bool(lines) and bool(_DISPLAY_END.search(lines[-1][-40:]))
        leads_on = bool(_DISPLAY_START.match(line)) != after_display
        if lines and (_CONTINUES.match(line) or (leads_on and (not after_display or line[0].islower()))):
            lines[-1] = f"{lines[-1]} {line}"
        else:
            lines.append(line)
    return lines


def _clean(line: str) -> str:
    """The step without its dress, or "" where nothing of a step is left."""
    line = _SPACES.sub(" ", line).strip()
    if _ANSWER_LINE.match(line.strip("*_ ").replace("**", "")) and not _EXPLAINS.search(line):
        return ""
    line = _EMPHASIS.sub(r"\2", _HEADING.sub("", line))
    for _ in range(3):  # "- **Step 2:** (a) ..." wears at most three
        stripped = _MARKER.sub("", _EDGE_EMPHASIS.sub("", line)).strip()
        if stripped == line:
            break
        line = stripped
    line = _GREETING.sub("", line).strip()
    if _ANSWER_LINE.match(line) and not _EXPLAINS.search(line):
        return ""
    if len(line) <= CHATTER_CLIP and _CHATTER.match(line) and not _CARRIES_MATHEMATICS.search(line):
        return ""
    return line if _HAS_WORD.search(line) else ""
