"""The JSON API of what is to be done for customers, and of the rules that make such tasks."""

from __future__ import annotations

from web.api import given_tasks as gta
from web.api import told as t
from web.api import told_tasks as tta
from web.pages import task_api, task_rule_api
from web.route import ID, Route, json

ROUTES: tuple[Route, ...] = (
    json(
        "GET", "/tasks", "tasks.see", task_api.listed, "What is to be done for customers, what is due first at first",
        given=gta.TasksQuery, answer=t.Items[tta.TaskTold],
    ),
    json(
        "POST", "/tasks", "tasks.work", task_api.make, "A new task",
        given=gta.TaskGiven, answer=tta.TaskTold, status=201, problems=(404, 422),
    ),
    json(
        "POST", f"/tasks/{ID}/take", "tasks.work", task_api.take, "Be at it; of two one is first",
        answer=tta.TaskTold, problems=(404, 409),
    ),
    json(
        "POST", f"/tasks/{ID}/let-go", "tasks.work", task_api.let_go, "Nobody is at it any more",
        answer=tta.TaskTold, problems=(404, 409),
    ),
    json(
        "POST", f"/tasks/{ID}/outcome", "tasks.work", task_api.finish, "What came of it",
        given=gta.TaskOutcomeGiven, answer=tta.TaskTold, problems=(404, 409, 422),
    ),
    json("GET", "/task-rules", "tasks.see", task_rule_api.listed, "Rules that make tasks", answer=t.Items[tta.TaskRuleTold]),
    json(
        "POST", "/task-rules", "tasks.rules", task_rule_api.make, "A new one, which is off",
        given=gta.TaskRuleGiven, answer=tta.TaskRuleTold, status=201, problems=(404, 409, 422),
    ),
    json(
        "POST", f"/task-rules/{ID}", "tasks.rules", task_rule_api.change, "Other words, segment, time",
        given=gta.TaskRuleGiven, answer=tta.TaskRuleTold, problems=(404, 409, 422),
    ),
    json(
        "POST", f"/task-rules/{ID}/on", "tasks.rules", task_rule_api.switch_on, "Run from the next time on",
        answer=tta.TaskRuleTold, problems=(404, 422),
    ),
    json(
        "POST", f"/task-rules/{ID}/off", "tasks.rules", task_rule_api.switch_off, "Run no more",
        answer=tta.TaskRuleTold, problems=(404,),
    ),
    json(
        "POST", f"/task-rules/{ID}/remove", "tasks.rules", task_rule_api.remove, "Take it away; its runs and tasks stay",
        answer=t.Done, problems=(404,),
    ),
    json(
        "GET", f"/task-rules/{ID}/runs", "tasks.see", task_rule_api.runs, "Its last 30 runs, the newest first",
        answer=t.Items[tta.TaskRunTold], problems=(404,),
    ),
)  # fmt: skip
