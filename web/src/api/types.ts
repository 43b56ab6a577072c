import type { components } from './schema';

type Schemas = components['schemas'];

export type User = Schemas['UserResponse'];
export type Profile = Schemas['ProfileResponse'];
export type Conversation = Schemas['ConversationResponse'];
export type Message = Schemas['MessageResponse'];
export type MessageStatus = Schemas['MessageStatus'];
export type MessageContent = Schemas['MessageContent'];
export type ContentPart = Schemas['ContentPart'];
export type Usage = Schemas['UsageResponse'];
export type FinishReason = Schemas['FinishReason'];
export type Model = Schemas['ModelResponse'];
export type Project = Schemas['ProjectResponse'];
export type Prompt = Schemas['PromptResponse'];
export type PromptVersion = Schemas['PromptVersionResponse'];
export type Session = Schemas['SessionResponse'];
export type Token = Schemas['TokenResponse'];
export type AuditEvent = Schemas['EventResponse'];
export type Share = Schemas['ShareResponse'];
export type KeyName = Schemas['KeyName'];
export type UsageGroup = Schemas['UsageGroupResponse'];
export type Import = Schemas['ImportResponse'];
export type Pagination = Schemas['Pagination'];
