"""Tests of the Power BI project, without Power BI."""
