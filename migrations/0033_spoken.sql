-- A sentence that the program wrote into a step, by its kind and its gaps, so that a page can say it in another language.
alter table incident_step add column spoken json;
