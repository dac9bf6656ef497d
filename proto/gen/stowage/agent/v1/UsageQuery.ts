// Original file: proto/agent.proto


export interface UsageQuery {
}

export interface UsageQuery__Output {
}
