BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('v3.2.0.a');
CREATE TABLE studies (
	study_id INTEGER NOT NULL, 
	study_name VARCHAR(512) NOT NULL, 
	PRIMARY KEY (study_id)
);
INSERT INTO "studies" VALUES(1,'Padam search #1');
INSERT INTO "studies" VALUES(2,'conditional');
INSERT INTO "studies" VALUES(3,'grid');
INSERT INTO "studies" VALUES(4,'two');
CREATE TABLE study_directions (
	study_direction_id INTEGER NOT NULL, 
	direction VARCHAR(8) NOT NULL, 
	study_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	PRIMARY KEY (study_direction_id), 
	UNIQUE (study_id, objective), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_directions" VALUES(1,'MINIMIZE',1,0);
INSERT INTO "study_directions" VALUES(2,'MAXIMIZE',2,0);
INSERT INTO "study_directions" VALUES(3,'MINIMIZE',3,0);
INSERT INTO "study_directions" VALUES(4,'MINIMIZE',4,0);
INSERT INTO "study_directions" VALUES(5,'MAXIMIZE',4,1);
CREATE TABLE study_system_attributes (
	study_system_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_system_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_system_attributes" VALUES(1,3,'study:metric_names','["valid loss"]');
CREATE TABLE study_user_attributes (
	study_user_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_user_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
CREATE TABLE trial_heartbeats (
	trial_heartbeat_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	heartbeat DATETIME NOT NULL, 
	PRIMARY KEY (trial_heartbeat_id), 
	UNIQUE (trial_id), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
CREATE TABLE trial_intermediate_values (
	trial_intermediate_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	step INTEGER NOT NULL, 
	intermediate_value FLOAT, 
	intermediate_value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_intermediate_value_id), 
	UNIQUE (trial_id, step), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_intermediate_values" VALUES(1,1,0,3.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(2,1,1,2.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(3,1,2,1.5,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(4,2,0,3.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(5,2,1,1.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(6,2,2,0.5,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(7,3,0,5.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(8,3,1,4.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(9,4,0,9.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(10,4,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(11,5,0,2.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(12,6,0,3.5,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(13,6,1,2.5,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(14,6,2,1.7,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(15,7,0,7.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(16,7,1,8.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(17,7,2,9.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(18,8,0,2.0,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(19,8,1,1.25,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(20,9,0,2.0,'FINITE');
CREATE TABLE trial_params (
	param_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	param_name VARCHAR(512), 
	param_value FLOAT, 
	distribution_json TEXT, 
	PRIMARY KEY (param_id), 
	UNIQUE (trial_id, param_name), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_params" VALUES(1,1,'lr',0.01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(2,1,'optimizer',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "padam"]}}');
INSERT INTO "trial_params" VALUES(3,1,'batch size',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [32, 64]}}');
INSERT INTO "trial_params" VALUES(4,1,'depth',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(5,1,'nesterov',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [false, true]}}');
INSERT INTO "trial_params" VALUES(6,2,'lr',0.1,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(7,2,'optimizer',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "padam"]}}');
INSERT INTO "trial_params" VALUES(8,2,'batch size',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [32, 64]}}');
INSERT INTO "trial_params" VALUES(9,2,'depth',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(10,2,'nesterov',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [false, true]}}');
INSERT INTO "trial_params" VALUES(11,3,'lr',0.02,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(12,3,'optimizer',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "padam"]}}');
INSERT INTO "trial_params" VALUES(13,3,'batch size',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [32, 64]}}');
INSERT INTO "trial_params" VALUES(14,3,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(15,3,'nesterov',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [false, true]}}');
INSERT INTO "trial_params" VALUES(16,4,'lr',0.9,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(17,4,'optimizer',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "padam"]}}');
INSERT INTO "trial_params" VALUES(18,4,'batch size',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [32, 64]}}');
INSERT INTO "trial_params" VALUES(19,4,'depth',4.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(20,4,'nesterov',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [false, true]}}');
INSERT INTO "trial_params" VALUES(21,5,'lr',0.3,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(22,5,'optimizer',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "padam"]}}');
INSERT INTO "trial_params" VALUES(23,5,'batch size',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [32, 64]}}');
INSERT INTO "trial_params" VALUES(24,5,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(25,5,'nesterov',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [false, true]}}');
INSERT INTO "trial_params" VALUES(26,6,'lr',0.01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(27,6,'optimizer',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "padam"]}}');
INSERT INTO "trial_params" VALUES(28,6,'batch size',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [32, 64]}}');
INSERT INTO "trial_params" VALUES(29,6,'depth',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(30,6,'nesterov',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [false, true]}}');
INSERT INTO "trial_params" VALUES(31,7,'lr',0.5,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(32,7,'optimizer',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "padam"]}}');
INSERT INTO "trial_params" VALUES(33,7,'batch size',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [32, 64]}}');
INSERT INTO "trial_params" VALUES(34,7,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(35,7,'nesterov',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [false, true]}}');
INSERT INTO "trial_params" VALUES(36,8,'lr',0.05,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(37,8,'optimizer',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "padam"]}}');
INSERT INTO "trial_params" VALUES(38,8,'batch size',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [32, 64]}}');
INSERT INTO "trial_params" VALUES(39,8,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(40,8,'nesterov',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [false, true]}}');
INSERT INTO "trial_params" VALUES(41,9,'lr',0.04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(42,9,'optimizer',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "padam"]}}');
INSERT INTO "trial_params" VALUES(43,9,'batch size',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [32, 64]}}');
INSERT INTO "trial_params" VALUES(44,9,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(45,9,'nesterov',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [false, true]}}');
INSERT INTO "trial_params" VALUES(46,11,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO "trial_params" VALUES(47,11,'lr',0.1,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(48,11,'momentum',0.5,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.99, "log": false}}');
INSERT INTO "trial_params" VALUES(49,12,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO "trial_params" VALUES(50,12,'lr',0.001,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(51,13,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO "trial_params" VALUES(52,13,'lr',0.2,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(53,13,'momentum',0.9,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.99, "log": false}}');
INSERT INTO "trial_params" VALUES(54,14,'lr',0.01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(55,14,'wd',0.0,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.01, "log": false}}');
INSERT INTO "trial_params" VALUES(56,15,'lr',0.01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(57,15,'wd',0.0001,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.01, "log": false}}');
INSERT INTO "trial_params" VALUES(58,16,'lr',0.1,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(59,16,'wd',0.0,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.01, "log": false}}');
INSERT INTO "trial_params" VALUES(60,17,'lr',0.1,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(61,17,'wd',0.0001,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.01, "log": false}}');
INSERT INTO "trial_params" VALUES(62,18,'lr',1.0,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(63,18,'wd',0.0,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.01, "log": false}}');
INSERT INTO "trial_params" VALUES(64,19,'lr',1.0,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(65,19,'wd',0.0001,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.01, "log": false}}');
INSERT INTO "trial_params" VALUES(66,20,'x',0.25,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(67,21,'x',0.75,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
CREATE TABLE trial_system_attributes (
	trial_system_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_system_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_system_attributes" VALUES(1,1,'fixed_params','{"lr": 0.01, "optimizer": "adam", "batch size": 32, "depth": 2, "nesterov": false}');
INSERT INTO "trial_system_attributes" VALUES(2,2,'fixed_params','{"lr": 0.1, "optimizer": "padam", "batch size": 64, "depth": 3, "nesterov": true}');
INSERT INTO "trial_system_attributes" VALUES(3,3,'fixed_params','{"lr": 0.02, "optimizer": "padam", "batch size": 32, "depth": 1, "nesterov": true}');
INSERT INTO "trial_system_attributes" VALUES(4,4,'fixed_params','{"lr": 0.9, "optimizer": "adam", "batch size": 64, "depth": 4, "nesterov": false}');
INSERT INTO "trial_system_attributes" VALUES(5,5,'fixed_params','{"lr": 0.3, "optimizer": "adam", "batch size": 64, "depth": 1, "nesterov": false}');
INSERT INTO "trial_system_attributes" VALUES(6,6,'fixed_params','{"lr": 0.01, "optimizer": "adam", "batch size": 32, "depth": 2, "nesterov": false}');
INSERT INTO "trial_system_attributes" VALUES(7,7,'fixed_params','{"lr": 0.5, "optimizer": "padam", "batch size": 32, "depth": 1, "nesterov": true}');
INSERT INTO "trial_system_attributes" VALUES(8,8,'fixed_params','{"lr": 0.05, "optimizer": "padam", "batch size": 32, "depth": 1, "nesterov": true}');
INSERT INTO "trial_system_attributes" VALUES(9,9,'fixed_params','{"lr": 0.04, "optimizer": "padam", "batch size": 32, "depth": 1, "nesterov": true}');
INSERT INTO "trial_system_attributes" VALUES(10,10,'fixed_params','{"lr": 0.25}');
INSERT INTO "trial_system_attributes" VALUES(11,11,'fixed_params','{"kind": "sgd", "lr": 0.1, "momentum": 0.5}');
INSERT INTO "trial_system_attributes" VALUES(12,12,'fixed_params','{"kind": "adam", "lr": 0.001}');
INSERT INTO "trial_system_attributes" VALUES(13,13,'fixed_params','{"kind": "sgd", "lr": 0.2, "momentum": 0.9}');
INSERT INTO "trial_system_attributes" VALUES(14,14,'fixed_params','{"lr": 0.01, "wd": 0.0}');
INSERT INTO "trial_system_attributes" VALUES(15,15,'fixed_params','{"lr": 0.01, "wd": 0.0001}');
INSERT INTO "trial_system_attributes" VALUES(16,16,'fixed_params','{"lr": 0.1, "wd": 0.0}');
INSERT INTO "trial_system_attributes" VALUES(17,17,'fixed_params','{"lr": 0.1, "wd": 0.0001}');
INSERT INTO "trial_system_attributes" VALUES(18,18,'fixed_params','{"lr": 1.0, "wd": 0.0}');
INSERT INTO "trial_system_attributes" VALUES(19,19,'fixed_params','{"lr": 1.0, "wd": 0.0001}');
INSERT INTO "trial_system_attributes" VALUES(20,20,'fixed_params','{"x": 0.25}');
INSERT INTO "trial_system_attributes" VALUES(21,21,'fixed_params','{"x": 0.75}');
CREATE TABLE trial_user_attributes (
	trial_user_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_user_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
CREATE TABLE trial_values (
	trial_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	value FLOAT, 
	value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_value_id), 
	UNIQUE (trial_id, objective), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_values" VALUES(1,1,0,1.5,'FINITE');
INSERT INTO "trial_values" VALUES(2,2,0,0.5,'FINITE');
INSERT INTO "trial_values" VALUES(3,3,0,4.0,'FINITE');
INSERT INTO "trial_values" VALUES(4,6,0,1.7,'FINITE');
INSERT INTO "trial_values" VALUES(5,7,0,NULL,'INF_POS');
INSERT INTO "trial_values" VALUES(6,8,0,1.25,'FINITE');
INSERT INTO "trial_values" VALUES(7,11,0,90.0,'FINITE');
INSERT INTO "trial_values" VALUES(8,12,0,91.0,'FINITE');
INSERT INTO "trial_values" VALUES(9,13,0,92.0,'FINITE');
INSERT INTO "trial_values" VALUES(10,14,0,1.0,'FINITE');
INSERT INTO "trial_values" VALUES(11,15,0,0.0,'FINITE');
INSERT INTO "trial_values" VALUES(12,16,0,0.0,'FINITE');
INSERT INTO "trial_values" VALUES(13,17,0,1.0,'FINITE');
INSERT INTO "trial_values" VALUES(14,18,0,1.0,'FINITE');
INSERT INTO "trial_values" VALUES(15,19,0,4.0,'FINITE');
INSERT INTO "trial_values" VALUES(16,20,0,0.25,'FINITE');
INSERT INTO "trial_values" VALUES(17,20,1,0.75,'FINITE');
INSERT INTO "trial_values" VALUES(18,21,0,0.75,'FINITE');
INSERT INTO "trial_values" VALUES(19,21,1,0.25,'FINITE');
CREATE TABLE trials (
	trial_id INTEGER NOT NULL, 
	number INTEGER, 
	study_id INTEGER, 
	state VARCHAR(8) NOT NULL, 
	datetime_start DATETIME, 
	datetime_complete DATETIME, 
	PRIMARY KEY (trial_id), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "trials" VALUES(1,0,1,'COMPLETE','2026-11-28 10:40:43.743060','2026-11-28 10:40:44.087470');
INSERT INTO "trials" VALUES(2,1,1,'COMPLETE','2026-11-28 10:40:44.145763','2026-11-28 10:40:44.251652');
INSERT INTO "trials" VALUES(3,2,1,'PRUNED','2026-11-28 10:40:44.346560','2026-11-28 10:40:44.762660');
INSERT INTO "trials" VALUES(4,3,1,'FAIL','2026-11-28 10:40:44.850693','2026-11-28 10:40:45.120626');
INSERT INTO "trials" VALUES(5,4,1,'FAIL','2026-11-28 10:40:45.291021','2026-11-28 10:40:45.549331');
INSERT INTO "trials" VALUES(6,5,1,'COMPLETE','2026-11-28 10:40:45.669532','2026-11-28 10:40:46.094107');
INSERT INTO "trials" VALUES(7,6,1,'COMPLETE','2026-11-28 10:40:46.203256','2026-11-28 10:40:46.528008');
INSERT INTO "trials" VALUES(8,7,1,'COMPLETE','2026-11-28 10:40:46.633266','2026-11-28 10:40:46.889819');
INSERT INTO "trials" VALUES(9,8,1,'RUNNING','2026-11-28 10:40:46.985674',NULL);
INSERT INTO "trials" VALUES(10,9,1,'WAITING',NULL,NULL);
INSERT INTO "trials" VALUES(11,0,2,'COMPLETE','2026-11-28 10:40:47.634140','2026-11-28 10:40:47.817779');
INSERT INTO "trials" VALUES(12,1,2,'COMPLETE','2026-11-28 10:40:47.932586','2026-11-28 10:40:48.052184');
INSERT INTO "trials" VALUES(13,2,2,'COMPLETE','2026-11-28 10:40:48.152844','2026-11-28 10:40:48.313027');
INSERT INTO "trials" VALUES(14,0,3,'COMPLETE','2026-11-28 10:40:48.717550','2026-11-28 10:40:48.847205');
INSERT INTO "trials" VALUES(15,1,3,'COMPLETE','2026-11-28 10:40:49.236459','2026-11-28 10:40:49.378178');
INSERT INTO "trials" VALUES(16,2,3,'COMPLETE','2026-11-28 10:40:49.520512','2026-11-28 10:40:49.607374');
INSERT INTO "trials" VALUES(17,3,3,'COMPLETE','2026-11-28 10:40:49.698711','2026-11-28 10:40:49.800160');
INSERT INTO "trials" VALUES(18,4,3,'COMPLETE','2026-11-28 10:40:49.877590','2026-11-28 10:40:49.991707');
INSERT INTO "trials" VALUES(19,5,3,'COMPLETE','2026-11-28 10:40:50.244302','2026-11-28 10:40:50.386855');
INSERT INTO "trials" VALUES(20,0,4,'COMPLETE','2026-11-28 10:40:50.852608','2026-11-28 10:40:50.983867');
INSERT INTO "trials" VALUES(21,1,4,'COMPLETE','2026-11-28 10:40:51.089602','2026-11-28 10:40:51.195716');
CREATE TABLE version_info (
	version_info_id INTEGER NOT NULL, 
	schema_version INTEGER, 
	library_version VARCHAR(256), 
	PRIMARY KEY (version_info_id), 
	CHECK (version_info_id=1)
);
INSERT INTO "version_info" VALUES(1,12,'4.9.0');
CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);
CREATE INDEX ix_trials_study_id ON trials (study_id);
COMMIT;
