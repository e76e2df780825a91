"""The one HTML page of a report: its frame and the style of all that is on it. No scripts, no files, no network."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

LIGHT = {
    "paper": "#f6f7f9", "card": "#ffffff", "ink": "#1b2430", "soft": "#5c6875", "rule": "#dfe4ea", "grid": "#e9edf1",
    "good": "#12805a", "good-soft": "#e3f4ec", "bad": "#b93a32", "bad-soft": "#fbe9e7", "twin": "#a15c00",
    "back": "#7a5cc4", "dead": "#eef0f3",
}  # fmt: skip
DARK = {
    "paper": "#12161c", "card": "#1a2029", "ink": "#e6eaf0", "soft": "#9aa6b4", "rule": "#2d3642", "grid": "#262e39",
    "good": "#4fc595", "good-soft": "#15332a", "bad": "#f0857c", "bad-soft": "#3a2021", "twin": "#e2a558",
    "back": "#ab93ec", "dead": "#232a34",
}  # fmt: skip
LINES_LIGHT = ("#7b8794", "#d97a00", "#b8508f", "#8a7400", "#1d68d8", "#12855a", "#7c4dcc", "#c23a32")
LINES_DARK = ("#98a4b1", "#f2a13c", "#e58cc2", "#cdb64a", "#6aa6ff", "#4fc595", "#b497f5", "#f0857c")
"""Line colours of charts, told apart by hue and by lightness."""


def _variables(colours: dict[str, str], lines: tuple[str, ...]) -> str:
    named = colours | {f"line-{place}": colour for place, colour in enumerate(lines)}
    return "".join(f"--{name}:{colour};" for name, colour in named.items())


STYLE = (
    f":root{{color-scheme:light dark;{_variables(LIGHT, LINES_LIGHT)}}}"
    f"@media(prefers-color-scheme:dark){{:root{{{_variables(DARK, LINES_DARK)}}}}}"
    + "".join(f".c{place}{{--c:var(--line-{place})}}" for place in range(len(LINES_LIGHT)))
    + """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink)}
body{font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1240px;margin:0 auto;padding:36px clamp(14px,3vw,40px) 64px}
h1{font-size:clamp(24px,4vw,34px);line-height:1.2;margin:0 0 8px;letter-spacing:-.015em}
h2{font-size:20px;margin:44px 0 12px;letter-spacing:-.01em}
h3{font-size:15px;margin:22px 0 8px}
p{margin:0 0 12px;max-width:76ch}
.lead{color:var(--soft);font-size:17px}
.note{color:var(--soft);font-size:13px;line-height:1.45;margin:8px 0 0;max-width:110ch}
.unit{color:var(--soft);font-size:12px;margin:0 0 4px}
code,pre,.tree text,td.mono{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
.grid{display:grid;gap:16px;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr))}
.card{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:16px 18px;margin:0;min-width:0}
figure{container-type:inline-size;margin:0}
@container(min-width:440px){.chart text{font-size:8.5px!important}}
figcaption,.card>h3{font-weight:600;font-size:15px;margin:0 0 2px}
.tiles{display:grid;gap:12px;grid-template-columns:repeat(auto-fit,minmax(min(100%,210px),1fr));margin:22px 0 8px}
.tile b{display:block;font-size:28px;line-height:1.2;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.tile span{display:block;font-size:13px;color:var(--soft);line-height:1.4}
.above{color:var(--good)!important}.below{color:var(--bad)!important}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--rule);border-radius:12px}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
th,td{padding:7px 12px;text-align:left;white-space:nowrap;border-bottom:1px solid var(--rule)}
td small{display:block;font-size:11.5px;line-height:1.35;color:var(--soft)}
th{font-weight:600;font-size:12.5px;color:var(--soft)}
td.num,th.num{text-align:right}
tbody tr:last-child td{border-bottom:0}
tbody tr:hover td{background:var(--paper)}
tbody td:first-child{font-weight:550}
.chart{display:block;width:100%;height:auto;overflow:visible}
.chart text{font-size:11px;fill:var(--soft)}
.chart path{vector-effect:non-scaling-stroke}
.chart path{fill:none}
.chart path.grid{stroke:var(--grid)}
path.line{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
path.line.dashed{stroke-dasharray:5 4}
path.line.faint{stroke-width:1;opacity:.35}
.chart path.band{fill:var(--c);opacity:.1}
.dot{fill:var(--c)}.hover{fill:transparent}.hover:hover{fill:var(--c)}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;list-style:none;margin:8px 0 0;padding:0;font-size:13px}
.legend li{display:flex;align-items:center;gap:6px}.legend svg{flex:none}
.switch{display:flex;flex-wrap:wrap;gap:0 8px;position:relative;align-content:flex-start}
.switch>input{position:absolute;opacity:0}
.switch>div{width:100%;display:none}
.switch>input:nth-of-type(1):checked~.one,.switch>input:nth-of-type(2):checked~.two{display:block}
.switch>label{order:1;margin-top:12px;font-size:13px;padding:3px 12px;border:1px solid var(--rule);border-radius:99px}
.switch>label{cursor:pointer;color:var(--soft)}
.switch>input:checked+label{background:var(--ink);color:var(--card);border-color:var(--ink)}
.switch>input:focus-visible+label{outline:2px solid var(--line-4);outline-offset:2px}
.badge{display:inline-block;font-size:12px;font-weight:600;border-radius:99px;padding:1px 10px;margin-left:8px}
.badge.good{color:var(--good);background:var(--good-soft)}.badge.bad{color:var(--bad);background:var(--bad-soft)}
.episode{margin-bottom:16px}
.sides{display:grid;grid-template-columns:minmax(0,1fr);gap:12px;margin-top:12px}
.sides .scroll{border:0;border-radius:0;background:none}
.sides pre{margin:0;max-height:190px;overflow:auto}
@media(min-width:1000px){.sides{grid-template-columns:minmax(0,1fr) 270px}
.sides pre{max-height:none;height:0;min-height:max(100%,150px)}}
.tree{display:block;font-size:12px}
.tree text{fill:var(--ink);font-size:12px}
.tree .edge{fill:none;stroke:var(--soft);stroke-width:1.2;opacity:.55}
.tree .edge.solution{stroke:var(--good);stroke-width:2.4;opacity:1}
.tree text.step{fill:var(--soft);font-size:11.5px}
.tree rect.under{fill:var(--card);stroke:none}
.tree text.step.solution{fill:var(--good);font-weight:600}
.tree rect{fill:var(--card);stroke:var(--soft);stroke-width:1.2}
.tree .order{fill:var(--soft);font-size:11px}
.tree .dead rect{fill:var(--dead);stroke:var(--rule)}.tree .dead text{fill:var(--soft)}
.tree .twin rect{stroke:var(--twin);stroke-dasharray:2 2.5}
.tree .solution rect{stroke:var(--good);stroke-width:2}
.tree .solved rect{fill:var(--good-soft);stroke:var(--good);stroke-width:2}.tree .tick{fill:var(--good)}
.tree text.mark{font-size:11px;fill:var(--soft)}.tree tspan.twin{fill:var(--twin)}.tree tspan.refused{fill:var(--bad)}
.tree .back path{fill:none;stroke:var(--back);stroke-width:1.3;stroke-dasharray:4 3;opacity:.75}
.tree .back path.head{fill:var(--back);stroke:none;opacity:.9}
.tree .back:hover path{opacity:1;stroke-width:2.2}
details{margin-top:16px!important}summary{cursor:pointer;font-size:13px;color:var(--soft)}
pre{font-size:12.5px;line-height:1.45;overflow-x:auto;background:var(--paper)}
pre{border-radius:8px;padding:12px;margin:8px 0 0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:0;font-size:14px}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
.key{max-width:none;display:flex;flex-wrap:wrap;gap:6px 20px;font-size:13px;color:var(--soft);margin:0 0 14px}
.key b{color:var(--ink);font-weight:600}
@media(max-width:640px){td:first-child,th:first-child{white-space:normal;min-width:130px}th,td{padding:7px 9px}}
@media print{.card,.scroll{break-inside:avoid}}
"""
)


def page(title: str, body: str) -> str:
    """A whole HTML document."""
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        # An empty icon spares the browser its one request of its own.
        f"<link rel='icon' href='data:,'><title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def figures_page(title: str, figures: Iterable[str]) -> str:
    """A page of charts and nothing else, as many beside each other as there is room for."""
    return page(title, f"<h1>{escape(title)}</h1><div class='grid'>{''.join(figures)}</div>")
