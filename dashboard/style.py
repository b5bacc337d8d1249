"""How the page looks beyond Streamlit's theme."""

from typing import Final

from dashboard.colours import BACKGROUND, BLUE_TINT, GREY, LINES, PANEL, PRIMARY, TEXT

THEME: Final = {
    "base": "light",
    "primaryColor": PRIMARY,
    "backgroundColor": BACKGROUND,
    "secondaryBackgroundColor": PANEL,
    "textColor": TEXT,
    "font": "sans-serif",
}
"""Streamlit's theme options."""

ICON: Final = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Cpath fill='%230072B2' d='M2 9h3v5H2zM6.5 5h3v9h-3zM11 2h3v12h-3z'/%3E%3C/svg%3E"
)
"""The page's icon, inline: Streamlit's own icons and emoji are fetched from elsewhere."""

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
.scroll td:not(.number) {{ min-width: 5rem; }}
.scroll td:first-child:not(.number) {{ min-width: 9.5rem; }}
.panel {{ font-size: .88rem; margin: .4rem 0 0; }}
.panel span {{ color: {GREY}; }}
.st-key-page, .st-key-page * {{ max-width: none; }}
.st-key-page, .st-key-page [data-testid="stRadio"], .st-key-page [role="radiogroup"] > div,
.st-key-page [data-testid="stRadioOption"] {{ width: 100%; }}
.st-key-page [role="radiogroup"] {{ width: 100%; gap: .15rem; }}
.st-key-page [data-testid="stRadioOption"] {{ padding: .3rem .6rem; border-radius: 6px; margin: 0; }}
.st-key-page [data-testid="stRadioOption"] > div > div:first-child {{ display: none; }}
.st-key-page [data-testid="stRadioOption"]:has(input:checked) {{ background: {BLUE_TINT}; }}
.st-key-page [data-testid="stRadioOption"]:has(input:checked) p {{ font-weight: 650; color: {PRIMARY}; }}
.st-key-page [data-testid="stRadioOption"]:has(input:focus-visible) {{ outline: 2px solid {PRIMARY}; }}
details summary {{ color: {PRIMARY}; cursor: pointer; font-size: .84rem; width: fit-content; }}
@media (max-width: 640px) {{
  [data-testid="stMainBlockContainer"] {{ padding: 4.2rem .8rem 2rem; }}
  .cards {{ grid-template-columns: 1fr 1fr; gap: .6rem; }}
  .card {{ padding: .6rem .7rem; }}
  .card .value {{ font-size: 1.35rem; }}
  .card .change span {{ display: block; }}
  header.page h1 {{ font-size: 1.4rem; }}
}}
</style>
"""
"""Changes are written in darker tones of the green and the vermilion: small text needs a contrast of 4.5 to 1."""
