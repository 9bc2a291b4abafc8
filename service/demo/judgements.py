"""What the demo's reviewers think of one submission: two scorecards that differ."""

from service.domain.reviews.inputs import ScorecardInput

FIRST = ScorecardInput.model_validate(
    {
        "revision": 1,
        "recommendation": "strong_yes",
        "confidence": "high",
        "forecast": 85,
        "comment": (
            "The account of the cache bug is the best I have read this year: she set out to prove "
            "her own design right, proved it wrong, and threw eight months of it away with a "
            "smile. I checked the commits; the authorship is as she says, and she understates it."
        ),
        "counter_argument": (
            "All of it is one code base that she has known for six years. How she does where she "
            "is a beginner, we can only guess from the answer about learning."
        ),
        "ratings": [
            {
                "criterion": "humility",
                "level": 4,
                "cites": ["answer:wrong", "1"],
                "quote": "Henrik was right and I had spent three weeks not reading his message.",
                "comment": "Unasked for, with the name, and with what she changed afterwards.",
            },
            {
                "criterion": "accomplishment",
                "level": 4,
                "cites": ["1"],
                "comment": "Builds that are the same to the bit were thought out of reach here.",
            },
            {"criterion": "depth", "level": 4, "cites": ["1", "2"]},
            {
                "criterion": "scale",
                "level": 3,
                "cites": ["1"],
                "comment": "41,000 build steps; figures from before and after.",
            },
            {"criterion": "learning", "level": 3, "cites": ["answer:learned"]},
        ],
    }
)

SECOND = ScorecardInput.model_validate(
    {
        "revision": 1,
        "recommendation": "yes",
        "confidence": "medium",
        "forecast": 70,
        "comment": (
            "Strong work and an honest account of it. I hold back a little on scale: the hard part "
            "was correctness, and the load itself was ordinary."
        ),
        "counter_argument": (
            "The talk shows that she can explain the subject to people who know nothing of it. "
            "I may be underrating how rare that is among those who can also do it."
        ),
        "ratings": [
            {
                "criterion": "humility",
                "level": 4,
                "cites": ["answer:wrong"],
                "comment": "Names the colleague, the message and the weeks it cost.",
            },
            {"criterion": "accomplishment", "level": 3, "cites": ["1"]},
            {"criterion": "depth", "level": 4, "cites": ["1"]},
            {"criterion": "scale", "level": 2, "cites": ["1"]},
            {
                "criterion": "learning",
                "level": None,
                "comment": "One answer about one winter; not enough for me to tell.",
            },
        ],
    }
)
