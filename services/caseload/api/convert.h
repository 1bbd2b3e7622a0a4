// Rows as messages, without the texts that rows carry sealed (sealed_texts.h).
#ifndef TRELLIS_SERVICES_CASELOAD_API_CONVERT_H_
#define TRELLIS_SERVICES_CASELOAD_API_CONVERT_H_

#include <optional>

#include "common/base/id.h"
#include "services/caseload/domain/care_plan.h"
#include "services/caseload/domain/urgency.h"
#include "services/caseload/storage/cases.h"
#include "services/caseload/storage/populations.h"
#include "services/caseload/storage/safety_alerts.h"
#include "services/caseload/storage/service_needs.h"
#include "trellis/caseload/v1/case.pb.h"
#include "trellis/caseload/v1/population.pb.h"
#include "trellis/caseload/v1/safety_alert.pb.h"
#include "trellis/caseload/v1/service_need.pb.h"
#include "trellis/caseload/v1/worklist.pb.h"

namespace trellis::caseload {

v1::Population ToMessage(const PopulationRecord& population);
v1::PopulationMember ToMessage(const Id& population, const MemberRecord& member);
v1::Case ToMessage(const CaseRecord& record, const CarePlanSummary& plan);
v1::ServiceNeed ToMessage(const ServiceNeedRecord& need);
v1::SafetyAlert ToMessage(const SafetyAlertRecord& alert, const std::optional<Id>& open_case);
v1::WorklistEntry ToMessage(const CaseRecord& record, const CaseFacts& facts, const Urgency& urgency);

}  // namespace trellis::caseload

#endif  // TRELLIS_SERVICES_CASELOAD_API_CONVERT_H_
