"""What the nights brought: reports, analysis, cohorts, response times, forecast."""
