"""How the page looks beyond Streamlit's theme."""

from typing import Final

from dashboard.colours import BACKGROUND, GREY, LINES, PANEL, PRIMARY, TEXT

THEME: Final = {
    "base": "light",
    "primaryColor": PRIMARY,
    "backgroundColor": BACKGROUND,
    "secondaryBackgroundColor": PANEL,
    "textColor": TEXT,
    "font": "sans-serif",
}
"""Streamlit's theme options."""

CSS: Final = f"""
<style>
[data-testid="stMainBlockContainer"] {{ padding: 2.5rem 2rem 3rem; max-width: 1360px; }}
[data-testid="stDecoration"], [data-testid="stStatusWidget"] {{ display: none; }}
header.page h1 {{ font-size: 1.75rem; font-weight: 700; line-height: 1.2; padding: 0; margin: 0; color: {TEXT}; }}
header.page p {{ color: {GREY}; font-size: .9rem; margin: .3rem 0 0; }}
.finding h2 {{ font-size: 1.08rem; font-weight: 650; line-height: 1.35; padding: 0; margin: 0; color: {TEXT};
  overflow-wrap: anywhere; }}
.finding p {{ color: {GREY}; font-size: .84rem; margin: .2rem 0 0; }}
.cards {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: .9rem; }}
.card {{ background: {PANEL}; border: 1px solid {LINES}; border-left: 4px solid {PRIMARY}; border-radius: 6px;
  padding: .8rem 1rem; }}
.card h3 {{ font-size: .84rem; font-weight: 600; color: {GREY}; padding: 0; margin: 0; }}
.card .value {{ font-size: 1.85rem; font-weight: 700; line-height: 1.25; margin: .1rem 0 0; color: {TEXT};
  font-variant-numeric: tabular-nums; }}
.card .change {{ font-size: .84rem; margin: .15rem 0 0; color: {GREY}; }}
.card .change.good {{ color: #007A59; }}
.card .change.bad {{ color: #B34700; }}
.card .change span {{ color: {GREY}; }}
.note {{ color: {GREY}; font-size: .88rem; margin: .2rem 0; }}
.scroll {{ overflow-x: auto; max-height: 26rem; overflow-y: auto; }}
.scroll table {{ border-collapse: collapse; width: 100%; font-size: .86rem; font-variant-numeric: tabular-nums; }}
.scroll th, .scroll td {{ text-align: left; padding: .38rem .6rem; border: 0; border-bottom: 1px solid {LINES};
  overflow-wrap: anywhere; vertical-align: top; }}
.scroll th {{ color: {GREY}; font-weight: 600; position: sticky; top: 0; background: {BACKGROUND};
  overflow-wrap: normal; }}
.scroll .number {{ text-align: right; white-space: nowrap; }}
.scroll td:first-child {{ min-width: 8.5rem; }}
details summary {{ color: {PRIMARY}; cursor: pointer; font-size: .84rem; width: fit-content; }}
@media (max-width: 640px) {{
  [data-testid="stMainBlockContainer"] {{ padding: 3.2rem .8rem 2rem; }}
  .cards {{ grid-template-columns: 1fr 1fr; gap: .6rem; }}
  .card {{ padding: .6rem .7rem; }}
  .card .value {{ font-size: 1.35rem; }}
  .card .change span {{ display: block; }}
  header.page h1 {{ font-size: 1.4rem; }}
}}
</style>
"""
"""Changes are written in darker tones of the green and the vermilion: small text needs a contrast of 4.5 to 1."""
