"""Files that came with the demo's submissions."""

LEDGER_METHOD = """\
# Comparing two ledgers while both run

All names are invented and all figures are rounded.

1. Every posting is written to the old side first. The old side's answer is what the caller gets.
2. A copy goes to the new side through a queue that keeps the order per account.
3. Each night, and each hour for accounts that moved, both sides are folded to one hash per account
   and day. Accounts whose hashes differ are listed posting by posting.
4. A difference is *explained* when somebody can write down the smallest input that causes it, and
   that input is a test. Until then it is open, however small it is.
5. We switch when there has been no open difference for twenty days. Until the switch has stood for
   thirty days, each posting is also written back to the old side, so that we can return in an hour.

What I would do differently: step 3 compared balances only, for the first two weeks. Two errors
that cancelled each other within a day were found by luck. Since then the hash covers the postings.
"""

WHAT_WENT_WRONG = """\
# What went wrong in our measurement

**Claimed:** 2.1 times the lookups of a B-tree on mixed loads. **True:** 0.97 times.

The generator drew keys by walking a permutation with a small stride. Neighbouring lookups touched
neighbouring pages, so that the upper levels of the learned index never left the cache. The B-tree,
with its larger nodes, gained nothing from it.

How to see it: shuffle the trace. A fair benchmark does not change. Ours lost more than half.

The variance over ten runs was 0.3 %. We took that for precision. It meant that all ten runs had
made the same mistake.
"""
