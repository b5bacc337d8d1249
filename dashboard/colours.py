"""The colours, the Power BI report's too. Told apart by colour-blind people: M. Okabe and K. Ito, 2008."""

from typing import Final

BLUE: Final = "#0072B2"
VERMILION: Final = "#D55E00"
GREEN: Final = "#009E73"
ORANGE: Final = "#E69F00"
SKY: Final = "#56B4E9"
PINK: Final = "#CC79A7"
YELLOW: Final = "#F0E442"
GREY: Final = "#5F6B7A"

BACKGROUND: Final = "#FFFFFF"
PANEL: Final = "#F5F7FA"
TEXT: Final = "#1F2933"
LINES: Final = "#DCE1E8"
BLUE_TINT: Final = "#E3EEF6"

PRIMARY: Final = BLUE
GOOD: Final = GREEN
BAD: Final = VERMILION
NEUTRAL: Final = GREY

CONTENT_TYPES: Final = {"Social Media": BLUE, "Blog": ORANGE, "Video": GREEN}
SENTIMENT: Final = {"Positive": GREEN, "Neutral": GREY, "Negative": VERMILION}
ENGAGEMENT: Final = {"Views": BLUE, "Clicks": ORANGE, "Likes": PINK}
VERDICTS: Final = {"Accepted": BLUE, "Updates": GREEN, "Duplicates": SKY, "Quarantined": VERMILION}
