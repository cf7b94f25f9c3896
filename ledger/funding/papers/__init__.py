"""Papers: tables of figures that leave the ledger, in any form and always with the same bytes.

paper     A title, facts about itself, and sections; each a table of typed columns.
cell      A word, an amount in minor units, a number or a day, as its column says.
form      How a paper is written: canonical JSON, CSV, XLSX or PDF. Each is a pure function of
          the paper: nothing in it depends on when, or for whom, it is made.
"""

from ledger.funding.papers.forms import FORMS, Form, write
from ledger.funding.papers.paper import Cell, Column, Paper, Row, Section, Sort

__all__ = ["FORMS", "Cell", "Column", "Form", "Paper", "Row", "Section", "Sort", "write"]
